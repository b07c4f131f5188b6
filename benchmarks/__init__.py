"""What the speed claims rest on: each module measures one thing against its comparison, in one run."""
