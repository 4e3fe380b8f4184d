"""Who is whom, as people decide it: joining, parting, and suggestions of who may be one."""
