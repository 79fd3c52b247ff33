"""Microsoft.Management: the management groups, the top of the tree of scopes."""
