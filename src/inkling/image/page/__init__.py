"""From a photograph of a page to candidates for digits, in reading order."""
