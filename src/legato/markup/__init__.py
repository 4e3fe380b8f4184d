"""HTML, written without a script: elements, colours that can be read, one calm sheet of style."""
