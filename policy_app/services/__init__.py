"""The use cases. Every door calls these, so that all doors decide alike."""
