"""What people are promised: made, held, ended, and never two promises that contradict."""
