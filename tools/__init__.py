"""What developers run now and then; nothing of the product needs it."""
