"""How a world begins: names, networks, devices, clients and some history, all from one seed."""
