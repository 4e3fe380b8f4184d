"""Commands that rehearse: nobody is contacted, and no process needs to run."""
