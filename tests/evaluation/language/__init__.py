"""Azure's policy language, with the definitions that its tests share."""
