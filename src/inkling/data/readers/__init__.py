"""One reader for each file format, and the sources that need a download."""
