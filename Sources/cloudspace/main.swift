print("cloudspace")
