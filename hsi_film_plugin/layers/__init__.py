"""Between QGIS's layers and the files of the engine, for algorithms and dock alike."""
