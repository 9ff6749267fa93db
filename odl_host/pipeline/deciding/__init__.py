"""What people decide once a run has ended: to release, dismiss, take down or take back."""
