"""How QGIS reaches the engine: its Python environment, its process, the messages."""
