"""How well it goes: figures kept by the minute, hour and day, and the card made of them."""
