"""HSI FiLM: class maps from hyperspectral scenes and a handful of polygons."""
