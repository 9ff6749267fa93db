"""The portal: pages for citizens, re-users and search engines, drawn from what actions answer."""
