"""Templates and the languages in which they are filled in; pages and letters are drawn with them."""
