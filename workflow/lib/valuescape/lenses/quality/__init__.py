"""Quality: who personas say they are, and what became of each answer."""
