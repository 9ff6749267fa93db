"""What the sample deposit is written from: invented rows for real places, one module per subject.

Nothing here is drawn from the clock, from `random` or from the network: the same code writes the same bytes. No row
names a natural person; telephone numbers are of the ranges kept for fiction (ARCEP, decision 2018-0881), addresses of
web sites and mailboxes end in ".example" (RFC 2606), associations have invented register numbers.
"""
