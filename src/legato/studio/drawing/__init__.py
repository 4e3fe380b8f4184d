"""Routes of the drawing board: journeys as a canvas shows them, and edits of their text."""
