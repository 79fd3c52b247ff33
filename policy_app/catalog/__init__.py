"""The built-in definitions: reading ARM JSON, storing it, and the constraint templates."""
