"""How result layers look, and that their stylers outlive the algorithm."""

from __future__ import annotations

import gc


def test_a_picture_is_made_of_the_bands_asked_for(qgis, scene):
    from qgis.core import QgsRasterLayer

    from hsi_film_plugin.layers.layer_styles import style_bands

    layer = QgsRasterLayer(scene, "scene")
    style_bands(layer, 3, 2, 1)
    renderer = layer.renderer()
    assert (renderer.redBand(), renderer.greenBand(), renderer.blueBand()) == (3, 2, 1)


def test_fewer_bands_than_a_picture_needs_keep_their_style(qgis, tmp_path, scene):
    from qgis.core import QgsRasterLayer

    from hsi_film_plugin.layers.layer_styles import style_bands

    layer = QgsRasterLayer(scene, "scene")
    before = layer.renderer().type()
    style_bands(layer, 7, 2, 1)
    assert layer.renderer().type() == before


def test_polygons_get_the_colours_of_their_classes(polygons):
    from hsi_film_plugin.layers.layer_styles import MapClass, style_polygons

    style_polygons(polygons, "class_id", [MapClass(1, "Wald", "#007700")])
    (category,) = polygons.renderer().categories()
    assert (category.value(), category.label()) == (1, "Wald")
    assert category.symbol().color().name() == "#007700"


def test_a_styler_lives_until_its_layer_is_loaded(qgis, scene):
    from qgis.core import QgsProcessingContext, QgsProcessingFeedback, QgsProject, QgsRasterLayer

    from hsi_film_plugin.processing.result_layers import load_styled

    styled = []
    contexts = []
    for _ in range(3):  # a batch loads all its layers at the end
        context = QgsProcessingContext()
        details = QgsProcessingContext.LayerDetails("raw", QgsProject.instance(), "OUTPUT")
        context.addLayerToLoadOnCompletion(scene, details)
        load_styled(context, scene, "named", styled.append)
        contexts.append(context)
    gc.collect()
    layer = QgsRasterLayer(scene, "x")
    for context in contexts:
        details = context.layerToLoadOnCompletionDetails(scene)
        assert details.name == "named"
        details.postProcessor().postProcessLayer(layer, context, QgsProcessingFeedback())
    assert styled == [layer, layer, layer]
    styled.clear()  # the stylers are kept, and a layer that outlives QGIS crashes at exit


def test_a_layer_that_qgis_will_not_load_is_left_alone(qgis, scene):
    from qgis.core import QgsProcessingContext

    from hsi_film_plugin.processing.result_layers import load_styled

    context = QgsProcessingContext()
    load_styled(context, scene, "named", lambda layer: None)
    assert not context.willLoadLayerOnCompletion(scene)
