"""What providers post by themselves: replies by SMS, and events of theirs, each signed."""
