"""What the page on speed is measured with: the rungs of its ladder, and the material they train on."""
