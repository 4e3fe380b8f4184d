"""How definitions differ, in the words of those who wrote them."""
