"""The Action API, one module per noun; `registry.ACTION_MODULES` lists them."""
