"""What Seer asks Python on the researcher's machine; nothing of this goes into a sandbox. Standard library only."""
