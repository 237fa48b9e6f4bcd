<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1">
<context>
    <name>@default</name>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="33"/>
        <source>Extent to classify</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="33"/>
        <source>Classify only this part of the scene; it may be given in any CRS. The pixels get the same classes as in a map of the whole scene. Leave it empty for the whole scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="57"/>
        <source>Dask scheduler</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="65"/>
        <source>Minimum confidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="65"/>
        <source>Pixels whose most probable class is less probable than this stay unclassified (0). With 0 every valid pixel gets a class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="95"/>
        <source>Class map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="95"/>
        <source>A GeoTIFF of class values on the scene&apos;s grid, 0 where there is no data, with class names, colours and attribute table inside.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="102"/>
        <source>Confidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="102"/>
        <source>A GeoTIFF of two bands. The first holds the calibrated probability (0 to 1) of the class that each pixel was given. The second tells how unlike all labelled pixels a pixel&apos;s spectrum is: above 1 it is further from them than 95 % of labelled ground that was held out, so its class may be one that nobody labelled. Optional.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="116"/>
        <source>Class probabilities</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="116"/>
        <source>A GeoTIFF with one band per class that holds the probability of that class. Optional.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="145"/>
        <source>{} – classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="146"/>
        <source>{} – confidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="147"/>
        <source>{} – class probabilities</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="69"/>
        <source>Cancelled: nothing is left.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="131"/>
        <source>Device: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="135"/>
        <source>Overall accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="135"/>
        <source>Balanced accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="135"/>
        <source>Kappa</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/label_export.py" line="122"/>
        <source>{}: the layer cannot be opened. Choose polygons, points or a raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/label_export.py" line="128"/>
        <source>{parameter}: “{layer}” is a table without geometry. Choose polygons, points or a raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/label_export.py" line="148"/>
        <source>{parameter}: “{layer}” has no fields. Add one that holds the class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/label_export.py" line="150"/>
        <source>{field_parameter}: “{layer}” has no field “{field}”. Its fields are: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/label_export.py" line="154"/>
        <source>{field_parameter}: choose the field of “{layer}” that holds the class. Its fields are: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/label_export.py" line="266"/>
        <source>The labels of “{layer}” cannot be written for the engine: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="46"/>
        <source>Hyperspectral scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="46"/>
        <source>The hyperspectral raster, a GeoTIFF or ENVI file. Wavelengths, bad bands, nodata and scale are read from its metadata; the file itself is never changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="77"/>
        <source>Class field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="85"/>
        <source>The field that holds the class of a polygon or point, text or whole numbers. Whole numbers from 1 to 65535 stay the values of the map; text classes are numbered in alphabetical order. A second field that names the same classes gives the legend its names. Not used for label rasters.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="116"/>
        <source>{labels}: “{layer}” is the raster of “{scene}” itself. Choose polygons, points or another raster whose values are classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="131"/>
        <source>Backbone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="165"/>
        <source>Random seed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="180"/>
        <source>Denoising timestep</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="180"/>
        <source>The diffusion timestep at which features are taken: small values keep detail, large ones keep only coarse structure. Leave it empty to let the engine choose.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="195"/>
        <source>Decoder blocks</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="195"/>
        <source>Which decoder blocks of the backbone give features, as whole numbers separated by commas; negative numbers count from the finest one, for example -2,-3. Leave it empty to let the engine choose.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="208"/>
        <source>Picture for the backbone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="260"/>
        <source>Automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="208"/>
        <source>True colour (needs wavelengths)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="208"/>
        <source>First three principal components</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="208"/>
        <source>How the scene becomes the three-channel picture that the backbone sees: true colour from the bands nearest to red, green and blue, or principal components. Automatic takes true colour where the wavelengths allow it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="249"/>
        <source>Decoder blocks: “{}” is not a list of whole numbers. Write them separated by commas, for example -2,-3, or leave the parameter empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="260"/>
        <source>Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="260"/>
        <source>CPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="260"/>
        <source>NVIDIA GPU (CUDA)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="260"/>
        <source>Apple GPU (MPS)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="260"/>
        <source>Where to compute. Automatic takes a GPU that works and the CPU otherwise; the log says which was used and why. A GPU chosen here and not found is an error.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/raster_source.py" line="32"/>
        <source>{}: the raster cannot be opened. Choose a raster file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/raster_source.py" line="39"/>
        <source>{parameter}: the layer “{layer}” is not a raster file of its own ({source}). Save it as GeoTIFF first (Raster ‣ Conversion ‣ Translate).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/sample_files.py" line="85"/>
        <source>“{path}” cannot be written ({reason}). Choose another place for it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/sample_files.py" line="211"/>
        <source>Polygons are written as .gpkg or .geojson, not “{suffix}”. Choose another name for “{name}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="38"/>
        <source>Training labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="38"/>
        <source>Polygons or points of known class in any CRS, or a raster whose values are classes (0 and nodata are unlabelled). A layer&apos;s filter and unsaved edits count. Several separate polygons per class let the accuracy be validated. The layer&apos;s categorised style gives the map its class names and colours.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="50"/>
        <source>Synthetic samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="50"/>
        <source>Synthetic samples (*.safetensors);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="64"/>
        <source>The same seed and input give the same model on the same device; another seed gives another, equally valid one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="72"/>
        <source>Ensemble size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="72"/>
        <source>How many heads are trained and averaged: more are steadier and slower. Leave it empty for the default.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="105"/>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="105"/>
        <source>The trained model: one safetensors file with the head, the statistics, the classes with their colours, and the bands. It classifies other scenes of the same sensor.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="112"/>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="112"/>
        <source>A self-contained HTML page: the labels, the spectra, what was compared on spatially separate folds, the accuracy with its uncertainty, warnings and provenance.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="138"/>
        <source>HSI FiLM model (*.safetensors)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="143"/>
        <source>HTML report (*.html)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/label_export.py" line="247"/>
        <source>“{layer}” has no features. Draw some labels, or check the layer’s filter.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="134"/>
        <source>Accuracy on labels that were held out of training:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="57"/>
        <source>Kept for classifying on a cluster, which this version cannot do yet: leave it empty. An address given here is refused before anything is computed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="56"/>
        <source>unknown</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="58"/>
        <source>{} kB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="60"/>
        <source>{} MB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="61"/>
        <source>{} GB</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="92"/>
        <source>A backbone of your own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="92"/>
        <source>Added from {place} on {date}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="128"/>
        <source>Yes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="126"/>
        <source>With the plugin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="132"/>
        <source>{} % downloaded</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="133"/>
        <source>No</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="141"/>
        <source>Can be downloaded, and is checked against its known sha256.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="143"/>
        <source>No sha256 of this backbone is known, so the program does not download it: download it yourself by the link below and add it from the file. Its sha256 is shown to you, and remembered once you say that it is right.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="149"/>
        <source>No sha256 of these files is known, so the program does not download them: download them yourself by the links below into one folder and add that. Their sha256 are shown to you, and remembered once you say that they are right.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="154"/>
        <source>Add a folder that you have. Its sha256 is shown to you, and remembered.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="159"/>
        <source>Its files have the known sha256.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="160"/>
        <source>Its files have the sha256 that you trusted when you added them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/plugin_menu.py" line="78"/>
        <source>{} – wait until this has ended.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/plugin_menu.py" line="85"/>
        <source>{}: broken off. See the log of QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/parameters.py" line="131"/>
        <source>The frozen diffusion UNet whose decoder provides the spatial features: its folder in diffusers format, or the id of one installed by Plugins ▸ HSI FiLM ▸ Backbones, such as openai-64. Leave it empty for the backbone that comes with the plugin.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_list.py" line="114"/>
        <source>that of its author</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/brush_tool.py" line="55"/>
        <source>Drag to paint pixels; [ and ] or Ctrl and the wheel change the width.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_list.py" line="95"/>
        <source>There are {} classes, no more fit.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_list.py" line="154"/>
        <source>There is no class {} any more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_commands.py" line="232"/>
        <source>The label layer was removed. Choose or make another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_list.py" line="300"/>
        <source>Rename class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_list.py" line="307"/>
        <source>The new name “{name}” cannot be written into the labels. Check that you may write to the file and that the disk has space.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="56"/>
        <source>“{}” shows no classes. Style it by categories (a raster by paletted values), or choose another layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="74"/>
        <source>“{path}” cannot be read: {reason}. Choose a CSV file or a QGIS style.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="74"/>
        <source>it is no text</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="84"/>
        <source>“{}” names no classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="103"/>
        <source>“{path}” cannot be written: {reason}. Choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="127"/>
        <source>“{layer}” has no polygons with a field “{field}”. Choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="138"/>
        <source>No polygon of “{layer}” has a value in “{field}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="150"/>
        <source>Import labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="233"/>
        <source>The polygons of “{layer}” do not fit into the CRS of the labels ({crs}). Check the layer’s CRS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="295"/>
        <source>“{path}” has no column class_id or class_name. Its columns are: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="306"/>
        <source>“{path}”, line {line}: the class number “{number}” is no whole number from 1 to 65535.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="315"/>
        <source>“{path}” is no CSV file: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_transfer.py" line="324"/>
        <source>“{}” is no style of QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/display_presets.py" line="56"/>
        <source>True colour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/display_presets.py" line="56"/>
        <source>False colour (near infrared)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/display_presets.py" line="56"/>
        <source>Short-wave infrared</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/display_presets.py" line="70"/>
        <source>Bands from the whole range</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/display_presets.py" line="74"/>
        <source>Principal components</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/display_presets.py" line="183"/>
        <source>Sampling the colours of “{}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_layer.py" line="41"/>
        <source>Scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/edit_tool.py" line="71"/>
        <source>Click a label to change it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/edit_tool.py" line="72"/>
        <source>Drag corners, edges or the label; double click an edge for a new corner. Delete removes the corner under the mouse, else the label; 1 to 9 give it another class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/edit_tool.py" line="142"/>
        <source>There are no labels yet. Draw one first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/edit_tool.py" line="184"/>
        <source>That would leave nothing of the label.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/edit_tool.py" line="188"/>
        <source>No pixel of the image would be left in the label.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/edit_tool.py" line="208"/>
        <source>A label needs three corners. Away from its corners, Delete removes it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_task.py" line="151"/>
        <source>{}: broken off by a fault of the plugin. See the log of QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_class.py" line="46"/>
        <source>The class “{name}” has the number {number}; it must be 1 to {most}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_class.py" line="52"/>
        <source>Two classes have the number {}. Give each its own.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_class.py" line="57"/>
        <source>“{color}” of the class “{name}” is no colour. Write it like #1f77b4.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_class.py" line="73"/>
        <source>Class {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_commands.py" line="167"/>
        <source>“{}”: the label is no longer there, so nothing was changed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_commands.py" line="380"/>
        <source>The labels cannot be written to “{place}”: {reason}. Check that the disk is there and has space, and that you may write to the file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_commands.py" line="394"/>
        <source>“{}” is no longer there. Bring back its disk or folder, or begin a new label layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_commands.py" line="405"/>
        <source>“{layer}” is read-only. Allow writing to “{place}”, or begin a new label layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_file.py" line="155"/>
        <source>“{path}” cannot be made: {reason}. Choose a folder that you may write to, with free space.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_file.py" line="168"/>
        <source>“{}” is there already. Choose another name; nothing is overwritten.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_file.py" line="178"/>
        <source>“{path}” is open in a program, or was left behind by one: “{name}” lies beside it. Choose another name, or remove that file if nothing has it open.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_file.py" line="212"/>
        <source>“{path}” cannot be written: {reason}. Choose another name or folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_file.py" line="344"/>
        <source>“{}” is no longer there. Bring it back, or begin a new label layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_file.py" line="347"/>
        <source>“{path}” cannot be read or changed: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="104"/>
        <source>“{}” was made but cannot be opened. Choose another folder.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="143"/>
        <source>Add label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="172"/>
        <source>Delete label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="179"/>
        <source>“{}” holds single polygons only. Draw an outline in one part.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="186"/>
        <source>Reshape label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="190"/>
        <source>Change class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="217"/>
        <source>Cut hole</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="246"/>
        <source>Merge classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="251"/>
        <source>Delete class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="292"/>
        <source>The label is no longer there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="299"/>
        <source>The outline encloses no area. Draw it again, larger.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="306"/>
        <source>“{layer}” has lost its field “{field}”. Bring it back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="343"/>
        <source>There is no class {}. Add it, or choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="365"/>
        <source>Make a label layer and import its polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="367"/>
        <source>“{}” cannot be opened.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="368"/>
        <source>Repair its data source, or choose another layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="370"/>
        <source>“{}” holds no polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="371"/>
        <source>Choose another layer, or make one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="373"/>
        <source>“{}” is not stored in a GeoPackage, where labels survive a crash.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="375"/>
        <source>“{}” has no field “class_id” with the numbers of the classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_layer.py" line="385"/>
        <source>“{}” has values in “class_id” that are no whole numbers from 1 to 65535: </source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_file.py" line="106"/>
        <source>“{layer}” lacks the fields {names}, which cannot be added. Allow writing to its file, or make a label layer and import its polygons.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_statistics.py" line="97"/>
        <source>Counting labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_statistics.py" line="242"/>
        <source>Draw a first polygon of {name}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_statistics.py" line="244"/>
        <source>No pixel is {name}’s alone. Draw it on the image, apart from other classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_statistics.py" line="246"/>
        <source>{name} has enough labels in {places} places.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_statistics.py" line="248"/>
        <source>Draw a second polygon of {name}, far from the first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_statistics.py" line="250"/>
        <source>Draw a polygon of {name} far from the others: they all lie in one place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_statistics.py" line="252"/>
        <source>Draw {name} in one more place, far from the {places} that it has.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_statistics.py" line="254"/>
        <source>Draw larger polygons of {name}: {pixels} pixels are few, {enough} are enough.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_tool.py" line="117"/>
        <source>Choose a hyperspectral image first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_tool.py" line="120"/>
        <source>That is outside of the image. Click inside of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_tool.py" line="223"/>
        <source>That outline has no area. Draw around something.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_tool.py" line="227"/>
        <source>No pixel of the image lies in that outline. Draw again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/labelling.py" line="330"/>
        <source>“{layer}” is shown in {shown}, but its file says {own}: labels drawn on it would lie elsewhere. Give the file its right CRS (Raster ‣ Projections ‣ Assign Projection), or set the layer’s CRS back.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/labelling.py" line="334"/>
        <source>no CRS</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_state.py" line="85"/>
        <source>The map is up to date. Its accuracy needs more polygons of each class to be told.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_state.py" line="89"/>
        <source>The map is up to date: {accuracy:.0%} of held-out labels are right ({low:.0%} to {high:.0%}).</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_state.py" line="95"/>
        <source>Only the middle of the view is mapped, {cols} × {rows} of {seen_cols} × {seen_rows} pixels: zoom in to see all of it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/mapped_scene.py" line="56"/>
        <source>Choose a hyperspectral image to begin.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/mapped_scene.py" line="58"/>
        <source>“{}” is not in view. Zoom to the layer to map it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/mapped_scene.py" line="67"/>
        <source>Draw a polygon of a second class: a map needs two.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/mapped_scene.py" line="68"/>
        <source>Draw a polygon of a first class, then one of a second: a map needs two.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/mapped_scene.py" line="77"/>
        <source>HSI FiLM: preparing the visible part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/mapped_scene.py" line="90"/>
        <source>HSI FiLM: mapping the visible part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/mapped_scene.py" line="102"/>
        <source>HSI FiLM: looking for places to label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/pixel_grid.py" line="53"/>
        <source>Hyperspectral image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/mapped_scene.py" line="136"/>
        <source>Labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/polygon_tool.py" line="30"/>
        <source>Right click or Enter ends; Backspace removes the last corner.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/polygon_tool.py" line="32"/>
        <source>Click the next corner; Esc cancels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/polygon_tool.py" line="33"/>
        <source>Click the corners of an area, or drag around it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/polygon_tool.py" line="134"/>
        <source>A polygon needs three corners. Click another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/polygon_tool.py" line="162"/>
        <source>Click the corners of a hole, or drag around it: it is cut from the labels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/rectangle_tool.py" line="29"/>
        <source>Click the opposite corner; Esc cancels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/rectangle_tool.py" line="30"/>
        <source>Drag a rectangle, or click two opposite corners.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="251"/>
        <source>“{}” is gone. Put it back, or choose another layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="182"/>
        <source>“{}” has become smaller since it was opened. Wait until nothing writes to it, then choose the layer again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="255"/>
        <source>“{file}” cannot be read ({reason}). It may be damaged or incomplete: copy or export it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="255"/>
        <source>no reason given</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="268"/>
        <source>“{}” has no bands of its own. If it holds several rasters, add one of them as a layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="275"/>
        <source>“{}” holds complex numbers. Convert it to real values, for example amplitudes, first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="282"/>
        <source>“{}” is a palette image: its values are colour numbers, not measurements. Choose the raster with the spectral bands.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="303"/>
        <source>Band {} is an alpha band: it says which pixels are empty and is not used as a spectral band.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="332"/>
        <source>Band {band} of “{file}” declares the scale {scale:g} and the offset {offset:g}. Correct the file's metadata.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="356"/>
        <source>The pixel type {type} of “{file}” is not supported. Save it as GeoTIFF.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_file.py" line="387"/>
        <source>“{file}” holds {size} bytes, but its header describes {needed}. The file is incomplete: copy or export it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_layer.py" line="39"/>
        <source>Choose a raster layer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_layer.py" line="83"/>
        <source>“{layer}” has {count} usable bands; spectra need at least {least}. Choose a hyperspectral raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/session_file.py" line="118"/>
        <source>“{}” holds the labels that you are drawing. Choose another name for the session.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/session_file.py" line="125"/>
        <source>“{}” is no labelling session, so it is not overwritten. Choose another name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/session_file.py" line="159"/>
        <source>The session cannot be written beside “{path}”: {reason}. Choose a folder that you may write to, with free space.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/session_file.py" line="179"/>
        <source>The label layer was removed: there is nothing to save.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/session_file.py" line="224"/>
        <source>“{}” is damaged: the settings of the session cannot be read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/session_file.py" line="229"/>
        <source>“{}” was saved by a newer version of HSI FiLM. Update the plugin.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/session_file.py" line="244"/>
        <source>“{}” is no labelling session. Choose a file that the dock has saved.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectrum_reader.py" line="268"/>
        <source>There is not enough memory to read the spectra.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectrum_reader.py" line="303"/>
        <source>“{file}” has {found} bands now, and had {expected} when it was chosen. Choose the layer again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/wand_tool.py" line="73"/>
        <source>Click a pixel: its neighbours with like spectra are taken.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/wand_tool.py" line="152"/>
        <source>Reading the spectra around…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/wand_tool.py" line="175"/>
        <source>There are no data at that pixel. Click another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/wand_tool.py" line="189"/>
        <source>{pixels} pixels within {angle}°. The wheel changes the angle, a click into the region or Enter accepts it, Esc cancels.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/wand_tool.py" line="206"/>
        <source>It goes on: reading more of the image…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/wand_tool.py" line="210"/>
        <source>It goes on farther than the wand reads: click there for the rest.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_hold.py" line="102"/>
        <source>Completing the label file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_layer.py" line="54"/>
        <source>“{}” is placed by ground control points or RPCs only. Warp it first: Raster ‣ Projections ‣ Warp.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/description_table.py" line="70"/>
        <source>{}: the table cannot be opened. Choose a table layer or a CSV file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/description_table.py" line="78"/>
        <source>{parameter}: “{table}” has no field “{missing}”. It needs the fields class (a class’s name or value) and description; it has: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/description_table.py" line="99"/>
        <source>{parameter}: “{table}” holds no descriptions. Give each row a class and a description, or leave the parameter empty.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/sample_reader.py" line="233"/>
        <source>“{}” is no synthesizer. Choose a file that Train synthesizer has made, or train one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/sample_reader.py" line="392"/>
        <source>“{}” is no file of samples. Choose one that Synthesize samples has made, or make samples first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/synthesis_header.py" line="76"/>
        <source>“{}” was made by a newer version of the plugin. Update the plugin, or make the file again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/tensor_file.py" line="189"/>
        <source>“{}” is no safetensors file. Choose a file that this plugin has made.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesis.py" line="23"/>
        <source>Synthesizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesis.py" line="33"/>
        <source>Text encoder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesis.py" line="56"/>
        <source>Synthesizer (*.safetensors)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesis.py" line="61"/>
        <source>Synthetic samples (*.safetensors)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="50"/>
        <source>A file of samples made by Synthesize samples, to train rare classes with beside the real labels. Its classes and bands must be those of labels and scene. Samples are used for the final heads only: folds and the stated accuracy come from real labels alone. Optional.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthesizer_choice.py" line="110"/>
        <source>{missing} of the {count} bands of “{scene}” are missing there: it was made for another sensor.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/description_table.py" line="50"/>
        <source>The descriptions of “{table}” cannot be written for the engine: {reason}. Make room in the folder for temporary files.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/description_table.py" line="91"/>
        <source>{parameter}: “{table}” has more than {most} rows. Descriptions of classes are a few rows a class: choose another table.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/sample_reader.py" line="356"/>
        <source>Cancelled.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/tensor_file.py" line="181"/>
        <source>“{path}” cannot be read: {reason}. Choose another file, or make it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/tensor_file.py" line="195"/>
        <source>“{path}” is damaged: its part “{name}” does not fit into the file. Make it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="92"/>
        <source>{message}, {rest} left</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="115"/>
        <source>about {} s</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="119"/>
        <source>about {} min</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="120"/>
        <source>about {} h</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesis.py" line="33"/>
        <source>What turns descriptions into numbers. Leave it empty for the one that is installed with the engine. A folder with another sentence-transformers model can be given, or one of the Hugging Face hub as owner/name@revision, if it lies in the hub’s cache on this computer already and the revision is given in full (40 letters and digits): nothing is downloaded. A synthesizer works only with the text encoder that it was trained with.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_verdicts.py" line="24"/>
        <source>Use: {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_verdicts.py" line="25"/>
        <source>Use with care: {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_verdicts.py" line="26"/>
        <source>Do not use: {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_verdicts.py" line="27"/>
        <source>Not judged: {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/layers/sample_reader.py" line="224"/>
        <source>“{}” was made by an older version of the plugin, which this one cannot make samples with. Train the synthesizer again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/judging.py" line="52"/>
        <source>Table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/judging.py" line="52"/>
        <source>JSON table (*.json)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/judging.py" line="52"/>
        <source>The same figures as JSON, for scripts.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AccuracyPlot</name>
    <message>
        <location filename="../hsi_film_plugin/dock/accuracy_plot.py" line="28"/>
        <source>Accuracy over the number of labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/accuracy_plot.py" line="29"/>
        <source>Labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/accuracy_plot.py" line="52"/>
        <source>Levelled off low: check the labels, or merge similar classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/accuracy_plot.py" line="53"/>
        <source>Levelled off: more labels change little.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/accuracy_plot.py" line="59"/>
        <source>Needs labels in several places: at least two of each class, well apart.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/accuracy_plot.py" line="124"/>
        <source>{accuracy:.0f}% ({low:.0f}–{high:.0f}%), {count} labels</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>AssessAccuracy</name>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="26"/>
        <source>Class map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="26"/>
        <source>A raster whose values are classes, made with this plugin or any other tool. Its category names, attribute table and colours are used where it has them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="33"/>
        <source>Reference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="33"/>
        <source>Polygons or points of known class in any CRS, or a raster of classes. They must not have been used to make the map: accuracy on training data is no accuracy. Classes are matched to the map’s by value, and by name where there are names.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="43"/>
        <source>A self-contained HTML page: confusion matrix, overall and balanced accuracy, kappa, F1, IoU, user’s and producer’s accuracy, and the area of each class with its 95 % interval.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="55"/>
        <source>Assess accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="58"/>
        <source>&lt;p&gt;Compares a class map with reference data and reports its accuracy. Areas are estimated with the stratified estimator of Olofsson et al. (2014), with 95 % confidence intervals.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="65"/>
        <source>accuracy assessment,confusion matrix,error matrix,kappa,overall accuracy,area estimate,confidence interval,validation,reference,ground truth,classification</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>BackboneDialog</name>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="49"/>
        <source>HSI FiLM: backbones</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="55"/>
        <source>About the selected backbone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="65"/>
        <source>A backbone is the frozen diffusion model that looks at the scene. The bundled one needs no download. An installed one is chosen by its id in the parameter Backbone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="123"/>
        <source>Name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="123"/>
        <source>Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="244"/>
        <source>Licence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="123"/>
        <source>Installed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="132"/>
        <source>Backbones</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="155"/>
        <source>Ca&amp;ncel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="171"/>
        <source>&amp;Download…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="172"/>
        <source>&amp;Add from file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="173"/>
        <source>&amp;Remove…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="179"/>
        <source>A &amp;checkpoint of my own (.pt)…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="181"/>
        <source>A &amp;folder of my own, in diffusers format…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="214"/>
        <source>The &amp;file “{}”…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="214"/>
        <source>The &amp;files of “{}”, in one folder…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="229"/>
        <source>Add a backbone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="233"/>
        <source>Checkpoints (*.pt *.pth *.ckpt);;All files (*)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="243"/>
        <source>Id</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="246"/>
        <source>From</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="248"/>
        <source>File</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="250"/>
        <source>sha256</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="252"/>
        <source>Note</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_dialog.py" line="254"/>
        <source>Folder</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>BackboneMenu</name>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="38"/>
        <source>Backbones…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="80"/>
        <source>Download {name}?

Size: {size}
Licence: {licence}
From: {addresses}
To: {folder}

{remark}

The download is checked, can be cancelled and goes on later where it stopped. QGIS stays usable meanwhile.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="98"/>
        <source>Downloading {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="115"/>
        <source>Looking at {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="131"/>
        <source>Remove {name} ({size})?

{folder}

Models that were trained with it cannot map any more until it is installed again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="143"/>
        <source>{} was removed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="183"/>
        <source>Adding {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="191"/>
        <source>Its sha256 is the known one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="192"/>
        <source>Its sha256 is the one that you trusted before.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="193"/>
        <source>No sha256 is known to compare it with. If you go on, this one is remembered, and other files are not taken for this backbone without another question. Compare it with what the publisher states, if it does.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="198"/>
        <source>CAUTION: these are not the files that you trusted before for this backbone. Go on only if you know why.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="203"/>
        <source>Add this as {name}?

{source}
Size: {size}
Licence: {licence}

sha256:
{sums}

{reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="206"/>
        <source>your own backbone “{}”</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="206"/>
        <source>that of its author</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/backbone_menu.py" line="259"/>
        <source>Installed. Write {} into the parameter Backbone to use it.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ClassMenu</name>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="54"/>
        <source>Move up</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="55"/>
        <source>Move down</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="57"/>
        <source>Change colour…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="59"/>
        <source>Import classes from a layer…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="60"/>
        <source>Import classes from a file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="61"/>
        <source>Import labels from a layer…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="62"/>
        <source>Export classes…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="96"/>
        <source>Add or choose a class first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="110"/>
        <source>Classes of which layer?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="118"/>
        <source>A file of classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="176"/>
        <source>Classes (*.csv *.qml)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="148"/>
        <source>Labels of which layer?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="157"/>
        <source>Labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="157"/>
        <source>The field that holds the class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="169"/>
        <source>Labels imported: {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="174"/>
        <source>There are no classes to export yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="176"/>
        <source>Export classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_menu.py" line="207"/>
        <source>The project has no other layer of that kind.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ClassTableModel</name>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="166"/>
        <source>Key</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="166"/>
        <source>The key that chooses the class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="167"/>
        <source>Colour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="167"/>
        <source>Double-click to change the colour</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="168"/>
        <source>Class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="168"/>
        <source>Double-click to rename the class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="169"/>
        <source>Polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="169"/>
        <source>Labels of the class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="170"/>
        <source>Pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="170"/>
        <source>Pixels that only this class’s labels claim</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="174"/>
        <source>Enough?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="174"/>
        <source>Whether there are enough labels, in enough places</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="196"/>
        <source>Press {} on the map to draw {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/class_table.py" line="198"/>
        <source>{color}: double-click to change it</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ClassifyRaster</name>
    <message>
        <location filename="../hsi_film_plugin/processing/classify_raster.py" line="51"/>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classify_raster.py" line="51"/>
        <source>The model file written by “Train classifier”. Bands are matched by wavelength, so the scene needs the bands that the model was trained on.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classify_raster.py" line="68"/>
        <source>Classify raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classify_raster.py" line="71"/>
        <source>&lt;p&gt;Classifies a hyperspectral scene of any size with a trained model, block by block. The map is georeferenced like the scene and carries its legend.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classify_raster.py" line="77"/>
        <source>hyperspectral,imaging spectroscopy,classification,prediction,inference,class map,land cover,confidence,deep learning,diffusion,film</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>CreateSampleScene</name>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="41"/>
        <source>Width</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="41"/>
        <source>Columns of the scene, in pixels of 5 m.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="41"/>
        <source>Height</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="41"/>
        <source>Rows of the scene, in pixels of 5 m.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="56"/>
        <source>The same seed gives the same scene; another seed another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="141"/>
        <source>Sample scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="57"/>
        <source>A GeoTIFF of reflectance in 100 bands from 420 to 2450 nm, with wavelengths, widths, and the bands of the water vapour marked as bad.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="147"/>
        <source>Training polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="64"/>
        <source>A few polygons per class to train on, with the fields class_id and class_name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="147"/>
        <source>Reference polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="64"/>
        <source>The true class of every pixel as polygons, with the fields class_id and class_name: what a map of the scene can be assessed against.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="92"/>
        <source>Create sample scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="95"/>
        <source>&lt;p&gt;Renders a plausible hyperspectral scene of forests, fields, water and villages, with mixed pixels, shadows and sensor noise, together with training polygons and the complete truth. For trying the other algorithms, and for tests.&lt;/p&gt;&lt;p&gt;Works before the engine is installed.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="103"/>
        <source>hyperspectral,sample,example,demo,synthetic,simulated,test data,training data,reference,ground truth</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Dock</name>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="63"/>
        <source>HSI FiLM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>Scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>The image, its labels and the engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>Label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>Classes, drawing tools and spectra</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>Map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>The live map, and where to label next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>Finish</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>The final map and its accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>Synthetic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="189"/>
        <source>Samples for rare classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="305"/>
        <source>Choose a hyperspectral image on the page “Scene”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="307"/>
        <source>Add classes and draw labels on the page “Label”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="363"/>
        <source>Stop the final run?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="367"/>
        <source>Stop the installation?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="92"/>
        <source>Stop the live map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="93"/>
        <source>Stop looking for places</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="94"/>
        <source>Stop the final run</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="96"/>
        <source>Stop the installation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="97"/>
        <source>Stop what makes the picture or the sample scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="95"/>
        <source>Stop what trains, makes or judges samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/dock.py" line="365"/>
        <source>Stop the run?</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DockContent</name>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/dock.ui" line="99"/>
        <source>Cancel</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/dock.ui" line="102"/>
        <source>Stop what is running</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>DockMenu</name>
    <message>
        <location filename="../hsi_film_plugin/dock_menu.py" line="27"/>
        <source>Label and map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock_menu.py" line="28"/>
        <source>HSI FiLM: label a hyperspectral image and see its map</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Drawing</name>
    <message>
        <location filename="../hsi_film_plugin/dock/drawing.py" line="106"/>
        <source>Choose a hyperspectral image first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/drawing.py" line="198"/>
        <source>There is no label to cut into.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/drawing.py" line="209"/>
        <source>“{}” was made for it. Give it a name in the table.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EnginePanel</name>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="103"/>
        <source>Without it labels can be drawn and spectra compared, but nothing mapped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="109"/>
        <source>Computed on: {device}. {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="120"/>
        <source>Bundled</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="141"/>
        <source>Automatic</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="141"/>
        <source>CPU</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="141"/>
        <source>NVIDIA GPU (CUDA)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="141"/>
        <source>Apple GPU (MPS)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="182"/>
        <source>Starting the engine…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="197"/>
        <source>Starting the engine of HSI FiLM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="205"/>
        <source>The engine could not be started. See the log of QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/engine_panel.py" line="207"/>
        <source>Ready. Devices that may be used: {}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EnvironmentMenu</name>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="27"/>
        <source>Install the engine…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="28"/>
        <source>Choose the engine’s Python…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="29"/>
        <source>Engine diagnostics…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="49"/>
        <source>The engine (PyTorch and its companions) is downloaded and installed in
{folder}

This takes some minutes, about 1 GB of downloads, and several times as much with an NVIDIA graphics card. QGIS stays usable meanwhile; the installation can be cancelled in the status bar.

Now: {status}

Install it?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="70"/>
        <source>Installing the engine of HSI FiLM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="77"/>
        <source>The engine runs with
{python}

Go back to the engine that the plugin installs? (“No” lets you choose another Python.)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="86"/>
        <source>A Python interpreter that has the engine’s libraries</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="105"/>
        <source>Checking the engine’s Python</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="116"/>
        <source>Looking the engine of HSI FiLM over</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/environment_menu.py" line="119"/>
        <source>HSI FiLM: engine diagnostics</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>EvaluateSamples</name>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="37"/>
        <source>A synthesizer to be judged: samples of all its classes are made and compared. Give either this or a file of samples.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="45"/>
        <source>Samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="45"/>
        <source>A file of samples to be judged, made by Synthesize samples. Give either this or a synthesizer.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="55"/>
        <source>Labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="55"/>
        <source>Real labels of the same classes to compare the samples with: polygons, points or a raster of classes. Labels that the synthesizer was not trained with say most.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="64"/>
        <source>Draws what is compared; the same seed and input give the same figures.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="70"/>
        <source>A self-contained HTML page: for each class a verdict (use, use with care, do not use), real and synthetic spectra, their distances, which pixels each word of a description made, and whether training patches were memorised.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="82"/>
        <source>Evaluate samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="85"/>
        <source>&lt;p&gt;Compares synthetic samples with real spectra of the same classes and says for each class whether the samples can be trained with.&lt;/p&gt;&lt;p&gt;Samples come from a reconstruction of Txt2HSI-LDM(VAE) (Zhu &amp;amp; Xu 2025). A good verdict is no accuracy: samples never enter validation, which is done on real labels alone.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="94"/>
        <source>hyperspectral,synthetic samples,rare classes,data augmentation,generative model,quality,spectral angle,validation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="102"/>
        <source>Nothing is there to be judged. Give a synthesizer or a file of samples.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/evaluate_samples.py" line="106"/>
        <source>A synthesizer and a file of samples are both given. Leave one of them empty: one thing is judged at a time.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ExtractFeatures</name>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="51"/>
        <source>Components</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="51"/>
        <source>How many bands the output has: the features are compressed to this many principal components, computed once for the whole scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="67"/>
        <source>Features</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="67"/>
        <source>A float GeoTIFF on the scene’s grid with one band per component, the strongest first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="79"/>
        <source>Extract features</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="82"/>
        <source>&lt;p&gt;Writes the spatial features that a frozen diffusion model sees in a hyperspectral scene, for segmentation, clustering or classifiers of your own.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="88"/>
        <source>hyperspectral,features,embedding,deep features,texture,diffusion,unet,backbone,principal components</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="116"/>
        <source>{} – features</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FinalRun</name>
    <message>
        <location filename="../hsi_film_plugin/dock/final_run.py" line="67"/>
        <source>Wait until the run before has ended, or cancel it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/final_run.py" line="72"/>
        <source>Processing does not know “{}”. Restart QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/final_run.py" line="126"/>
        <source>Cancelled: nothing is left.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/final_run.py" line="129"/>
        <source>The run has failed: see its log.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>FinishPage</name>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="60"/>
        <source>The whole image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="61"/>
        <source>What the canvas shows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="205"/>
        <source>Choose an image and label it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="208"/>
        <source>Label at least two classes first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="212"/>
        <source>The folder “{}” does not exist. Choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="238"/>
        <source>Choose a class map and a layer of reference polygons or points.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="253"/>
        <source>Wait until the run before has ended, or cancel it below.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="257"/>
        <source>Running…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="269"/>
        <source>The map is in the project.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="284"/>
        <source>The map was compared with the reference.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="285"/>
        <source>The map was compared with the reference: overall accuracy {overall:.1%}, mean over the classes {balanced:.1%}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="311"/>
        <source>Folder for map, model and report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="320"/>
        <source>The report “{}” is not there any more.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="24"/>
        <source>Final map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="39"/>
        <source>Trains the full model on all labels. It takes minutes, not seconds.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="51"/>
        <source>&amp;Area</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="64"/>
        <source>&amp;Folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="79"/>
        <source>Temporary files</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="86"/>
        <source>…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="89"/>
        <source>Choose a folder</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="138"/>
        <source>Confidence raster too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="155"/>
        <source>Train and classify</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="165"/>
        <source>More options…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="168"/>
        <source>Open the algorithm’s dialog, filled in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="180"/>
        <source>Check it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="195"/>
        <source>Reference polygons or points that were not trained on, best drawn at random.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="207"/>
        <source>&amp;Map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="227"/>
        <source>&amp;Reference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="247"/>
        <source>C&amp;lass field</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="269"/>
        <source>Assess accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="279"/>
        <source>Results</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="297"/>
        <source>Nothing has been made yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="315"/>
        <source>Open training report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="322"/>
        <source>Open assessment</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="164"/>
        <source>The canvas shows nothing of “{}”. Zoom to the image, or choose the whole image.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/finish_page.py" line="215"/>
        <source>The synthetic samples “{}” are not there any more. Remove them above, or make others on the page “Synthetic”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="98"/>
        <source>Samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="126"/>
        <source>Remove</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/finish_page.ui" line="129"/>
        <source>Train without these synthetic samples; their file stays</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>HsiFilmAlgorithm</name>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="49"/>
        <source>Classification</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="50"/>
        <source>Accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="51"/>
        <source>Features</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="55"/>
        <source>Sample data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="70"/>
        <source>Inputs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="70"/>
        <source>Outputs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="52"/>
        <source>Synthetic samples</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>HsiFilmProvider</name>
    <message>
        <location filename="../hsi_film_plugin/processing/provider.py" line="44"/>
        <source>HSI FiLM (hyperspectral classification)</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LabelPage</name>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="271"/>
        <source>Undo (Ctrl+Z)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="284"/>
        <source>Redo (Ctrl+Y)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_page.py" line="215"/>
        <source>Every class has enough labels in enough places.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_page.py" line="260"/>
        <source>Delete the selected classes together with their labels ({})? It can be undone.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_page.py" line="272"/>
        <source>Select two or more classes in the table first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="54"/>
        <source>Add class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="57"/>
        <source>Add a class (Ins)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="64"/>
        <source>Delete</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="67"/>
        <source>Delete the selected classes with their labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="74"/>
        <source>Merge</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="77"/>
        <source>Merge the selected classes into the first of them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="97"/>
        <source>More</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="112"/>
        <source>Add a class for each thing that the map shall tell apart, then draw a few polygons of each, spread over the scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="159"/>
        <source>Polygon</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="162"/>
        <source>Polygon (P): click corners, or drag to draw freehand; right click or Enter ends</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="175"/>
        <source>Rectangle</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="178"/>
        <source>Rectangle (R): drag, or click two corners</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="191"/>
        <source>Brush</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="194"/>
        <source>Brush (B): paint single pixels; [ and ] change its width</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="207"/>
        <source>Wand</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="210"/>
        <source>Wand (W): click a pixel, and the region of similar spectra grows; the wheel changes the tolerance, Enter accepts</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="223"/>
        <source>Hole</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="226"/>
        <source>Hole (H): cut a hole into labels, or a piece off them</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="239"/>
        <source>Edit</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="242"/>
        <source>Edit (E): click a label to select it; drag its corners; 1–9 change its class; Delete removes it</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="268"/>
        <source>Undo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="281"/>
        <source>Redo</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="298"/>
        <source>Snap to pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="301"/>
        <source>Labels get the outline of the pixels whose centres they hold</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="324"/>
        <source>Width</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="337"/>
        <source> px</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="340"/>
        <source>Width of the brush</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="347"/>
        <source>Tolerance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="369"/>
        <source>°</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="372"/>
        <source>Largest spectral angle to the clicked pixel (the wheel over the map changes it)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="418"/>
        <source>Cursor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="421"/>
        <source>Show the spectrum of the pixel under the cursor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="431"/>
        <source>Class means</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="437"/>
        <source>Show each class’s mean spectrum and its standard deviation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="457"/>
        <source>Pin</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="460"/>
        <source>Keep the spectrum under the cursor in the plot (S)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="467"/>
        <source>Clear</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="470"/>
        <source>Remove the pinned spectra</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/label_page.py" line="221"/>
        <source>, from the first {} labels only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/label_page.ui" line="100"/>
        <source>Move and recolour the class, import classes or labels, export classes</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Labelling</name>
    <message>
        <location filename="../hsi_film_plugin/dock/labelling.py" line="119"/>
        <source>Choose a hyperspectral image first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/labelling.py" line="165"/>
        <source>Hyperspectral image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/labelling.py" line="169"/>
        <source>“{layer}” cannot be read: {reason}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/labelling.py" line="194"/>
        <source>The hyperspectral image was removed from the project.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/labelling.py" line="293"/>
        <source>The outline cannot be brought into the CRS of “{}”. Use a label layer in the image’s CRS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/labelling.py" line="235"/>
        <source>Went on with the labels of {}. Choose others on the page “Scene”.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>LiveMap</name>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="326"/>
        <source>The map that was made cannot be opened.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="342"/>
        <source>It is started again with the next map.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="348"/>
        <source>Stopped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="352"/>
        <source>The hyperspectral image was removed from the project.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="364"/>
        <source>The label layer was removed from the project.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="413"/>
        <source>Mapping the visible part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="415"/>
        <source>Preparing the visible part</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="436"/>
        <source>Update the map to see it here.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="438"/>
        <source>The map is older than the labels. Update it.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/live_map.py" line="427"/>
        <source>Install the engine on the page “Scene” to see a map.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>MapPage</name>
    <message>
        <location filename="../hsi_film_plugin/dock/map_page.py" line="92"/>
        <source>Classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/map_page.py" line="92"/>
        <source>Confidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/map_page.py" line="92"/>
        <source>Disagreement</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/map_page.py" line="133"/>
        <source>Show</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="82"/>
        <source>Hide</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="24"/>
        <source>Live map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="35"/>
        <source>Update after every label</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="38"/>
        <source>Train and repaint the visible part whenever a label changes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="61"/>
        <source>Update now</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="64"/>
        <source>Train on the labels and map the visible part (U)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="75"/>
        <source>What the live map shows</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="85"/>
        <source>Hide and show the live map, to compare it with the image (F)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="99"/>
        <source>&amp;Opacity</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="122"/>
        <source>&amp;Size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="132"/>
        <source>The largest part of the scene that is mapped live, around the middle of the view</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="157"/>
        <source>Where to label next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="168"/>
        <source>Suggest places</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="171"/>
        <source>Find places whose label would teach the model most</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="187"/>
        <source>How many places</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="207"/>
        <source>Next</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="210"/>
        <source>Go to the next place (N)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="217"/>
        <source>Skip</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="220"/>
        <source>Not this place (X)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="253"/>
        <source>&amp;Class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="263"/>
        <source>The class of the outlined pixels; the one that the model expects is chosen first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="270"/>
        <source>Accept</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="273"/>
        <source>Label the outlined pixels with this class (1–9 over the map: with the class of that key)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/map_page.ui" line="285"/>
        <source>Accuracy on labels held out</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/map_page.py" line="173"/>
        <source>Looking for places…</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>PreviewLayer</name>
    <message>
        <location filename="../hsi_film_plugin/dock/preview_layer.py" line="200"/>
        <source>HSI FiLM preview</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SampleGallery</name>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_gallery.py" line="202"/>
        <source>“{}” could not be read. See the log of QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_gallery.py" line="205"/>
        <source>Reading samples</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SampleModel</name>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_gallery.py" line="80"/>
        <source>Its centre is not recognised as this class.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SampleView</name>
    <message>
        <location filename="../hsi_film_plugin/dock/attention_overlay.py" line="26"/>
        <source>The sample that is picked</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SampleWish</name>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_wish.py" line="87"/>
        <source>Every class, as many of each</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_wish.py" line="111"/>
        <source>{name} – no labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_wish.py" line="113"/>
        <source>{name} – {pixels} pixels, rare</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_wish.py" line="115"/>
        <source>{name} – {pixels} pixels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_wish.py" line="131"/>
        <source>Descriptions of real patches of the class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_wish.py" line="144"/>
        <source>as in the image, e.g. {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sample_wish.py" line="152"/>
        <source>Never seen in training, so only guessed at: {}.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ScenePage</name>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="148"/>
        <source>As it is</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="162"/>
        <source>{width} × {height} pixels, {good} of {count} bands usable</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="167"/>
        <source>no wavelengths</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="170"/>
        <source>no CRS</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="185"/>
        <source>None yet: the first class or label makes {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="210"/>
        <source>Open a hyperspectral raster</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="231"/>
        <source>New label layer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="231"/>
        <source>GeoPackage (*.gpkg)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="241"/>
        <source>Open a session</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="248"/>
        <source>Labelling session (*.gpkg)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_page.py" line="248"/>
        <source>Save the session</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="24"/>
        <source>Hyperspectral image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="39"/>
        <source>No layer of the project is a hyperspectral raster yet. Open one (GeoTIFF, ENVI …), or try the tool on a small made-up landscape whose truth is known.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="51"/>
        <source>Raster layers with at least eight usable bands</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="70"/>
        <source>Open…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="73"/>
        <source>Add a raster file to the project</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="80"/>
        <source>Sample…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="83"/>
        <source>Render the sample scene: a landscape of known classes, to learn on</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="110"/>
        <source>&amp;Show as</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="120"/>
        <source>Bands of the picture in the canvas</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="132"/>
        <source>Labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="149"/>
        <source>The layer that labels are drawn into: polygons with the fields class_id and class_name</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="168"/>
        <source>New…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="171"/>
        <source>Make a new, empty GeoPackage for labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="198"/>
        <source>Open session…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="201"/>
        <source>Labels, classes and settings that were saved to one file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="208"/>
        <source>Save session…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="211"/>
        <source>Save labels, classes and settings to one file</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="223"/>
        <source>Engine</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="256"/>
        <source>Install the engine…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="259"/>
        <source>Download PyTorch and its companions into an environment of its own</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="266"/>
        <source>Diagnostics…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="269"/>
        <source>One page about the installation, to read or to paste into an issue</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="280"/>
        <source>&amp;Device</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="290"/>
        <source>Where the backbone runs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="297"/>
        <source>&amp;Backbone</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/scene_page.ui" line="307"/>
        <source>The frozen diffusion network that looks at the scene</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SceneSources</name>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_sources.py" line="63"/>
        <source>Wait until the sample scene is there, or cancel it below.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_sources.py" line="75"/>
        <source>The folder “{folder}” cannot be made: {reason}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_sources.py" line="82"/>
        <source>Rendering the sample scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_sources.py" line="113"/>
        <source>Hyperspectral image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_sources.py" line="145"/>
        <source>Computing a picture of the image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_sources.py" line="119"/>
        <source>“{path}” cannot be read: {reason}. Put it back, or choose another.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/scene_sources.py" line="154"/>
        <source>The picture “{}” cannot be opened. Ask for it again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Sessions</name>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="63"/>
        <source>There are no labels to save yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="81"/>
        <source>The session was saved to {}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="83"/>
        <source>Saving the labelling session</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="110"/>
        <source>The session of {} is open.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="123"/>
        <source>The session could not be saved. See the log of QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="66"/>
        <source>Hyperspectral image</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="145"/>
        <source>Its image “{path}” was not found: “{other}” was taken instead, which has the same size, bands and place.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="152"/>
        <source>The image “{}” has changed since: check that the labels lie where they belong.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="158"/>
        <source>The session’s image “{path}” is not there any more. Put it back, then open the session again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="163"/>
        <source>The session’s image “{path}” is not there any more. Choose the image on the page “Scene”, or put it back; then open the session again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/sessions.py" line="168"/>
        <source>The session’s image “{path}” is not there any more, and “{chosen}” is another one: its size, its bands or its place differ. Choose the right image on the page “Scene”, then open the session again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>ShownSamples</name>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="80"/>
        <source>The samples “{}” are not there any more. Make them again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="116"/>
        <source>{count} samples: {classes}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="123"/>
        <source>{} of them, marked with “?”, are not recognised as their class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="134"/>
        <source>Choose an image and label it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="143"/>
        <source>The final map is trained with these samples already.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="163"/>
        <source>The labels have no class {}. Samples train classes that real labels have too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="166"/>
        <source>The samples cannot be added. {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="174"/>
        <source>The final training uses the samples “{}” already, and takes one file. Use these in their place?</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="178"/>
        <source>HSI FiLM</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="183"/>
        <source>The final map on the page “Finish” is trained with “{}” too.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="111"/>
        <source>{count} samples: {each} of each of {classes} classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/shown_samples.py" line="121"/>
        <source>None is recognised as its class.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SpectraPlot</name>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="51"/>
        <source>Spectra</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="68"/>
        <source>Wavelength (nm)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="68"/>
        <source>Band</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="127"/>
        <source>Divided by the mean</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="128"/>
        <source>Continuum removed</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="361"/>
        <source>Cursor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="142"/>
        <source>{} mean</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="143"/>
        <source>{} sd</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="153"/>
        <source>Pin the spectrum under the cursor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="156"/>
        <source>Remove {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="161"/>
        <source>Remove all pins</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="163"/>
        <source>Values</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="163"/>
        <source>Divided by their mean (compares shapes)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="163"/>
        <source>Continuum removed (compares absorptions)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="173"/>
        <source>Copy values as CSV</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="175"/>
        <source>Show all wavelengths</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="194"/>
        <source>Choose a scene to see its spectra.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="206"/>
        <source>No data at this pixel.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="199"/>
        <source>Move the mouse over the scene to see spectra.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="208"/>
        <source>band {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="212"/>
        <source>{}: bad</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="369"/>
        <source>Label {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="372"/>
        <source>Pin {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/spectra_plot.py" line="375"/>
        <source>{name} (row {row}, column {col})</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>Suggestions</name>
    <message>
        <location filename="../hsi_film_plugin/dock/suggestions.py" line="197"/>
        <source>No place in view is worth a label more than others. Move the view.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/suggestions.py" line="235"/>
        <source>The place cannot be shown in the project&apos;s CRS.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SynthesizeSamples</name>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="54"/>
        <source>A synthesizer that Train synthesizer has made.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="65"/>
        <source>Synthesize samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="68"/>
        <source>&lt;p&gt;Makes labelled hyperspectral samples of a class, or of what a description in words says, with a trained synthesizer. Give the file of samples to Train classifier as synthetic samples, after Evaluate samples has said whether they can be trusted.&lt;/p&gt;&lt;p&gt;It is a reconstruction of Txt2HSI-LDM(VAE) (Zhu &amp;amp; Xu 2025). All files are marked as synthetic. Samples never enter validation, and the plugin refuses them as labels or reference.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="78"/>
        <source>hyperspectral,synthetic samples,rare classes,class imbalance,data augmentation,generative model,diffusion,text prompt,spectral library,simulation</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="87"/>
        <source>Number of samples and balance are both given. Leave one of them empty: the balance says itself how many samples each class needs.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="130"/>
        <source>Class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="130"/>
        <source>The name or value of the class to make samples of. Leave it empty to take the class that the description names; without a description too, samples of every class are made.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="138"/>
        <source>Description</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="138"/>
        <source>What the samples should show, for example: reed, with water to the north-east, dark. Words that the synthesizer has never seen are named in the log. Leave it empty to describe samples as the real patches of the class are described.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="146"/>
        <source>What to avoid</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="146"/>
        <source>A description of what the samples should not show, for example: shadow.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="151"/>
        <source>Number of samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="151"/>
        <source>How many samples of each class are made, at most 10,000 in all. Leave it empty for 100, or where a balance is given.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="165"/>
        <source>Balance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="165"/>
        <source>Instead of a number: fill classes up towards the largest one (λ). With 1 every class gets as many samples as the largest has more labelled pixels than it, with 0.5 half as many, with 0 none.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="183"/>
        <source>Guidance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="183"/>
        <source>How closely samples follow the description (ω): 1 is plain, larger values follow more closely and vary less. Leave it empty for the default.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="197"/>
        <source>Sampling steps</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="197"/>
        <source>In how many steps noise becomes a sample; the time grows with it. Leave it empty for the default.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="212"/>
        <source>The same seed, synthesizer and description give the same samples on the same device; another seed gives others.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="221"/>
        <source>Mosaic of samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="221"/>
        <source>A GeoTIFF that shows the samples side by side, in the bands of the training scene with their wavelengths. It has no CRS: the samples lie nowhere.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="230"/>
        <source>Labels of samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="230"/>
        <source>A GeoTIFF with the class of the labelled pixels of the mosaic, 0 elsewhere, with class names and colours inside.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="239"/>
        <source>Samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="239"/>
        <source>The samples with their classes and descriptions as one safetensors file: what Train classifier takes as synthetic samples.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="248"/>
        <source>Spectral library</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="248"/>
        <source>ENVI spectral library (*.sli)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="248"/>
        <source>An ENVI spectral library with the mean spectrum of each class and the spectra of the samples, and the same as CSV beside it. Optional.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="309"/>
        <source>Synthetic samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/synthesize_samples.py" line="311"/>
        <source>Synthetic samples – classes</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SynthesizerChoice</name>
    <message>
        <location filename="../hsi_film_plugin/dock/synthesizer_choice.py" line="80"/>
        <source>“{}” could not be read. See the log of QGIS.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthesizer_choice.py" line="84"/>
        <source>Reading a synthesizer</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>SyntheticPage</name>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="117"/>
        <source>What to make</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="140"/>
        <source>&amp;Class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="163"/>
        <source>&amp;Description</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="228"/>
        <source>&amp;Number</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="259"/>
        <source>&amp;Guidance</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="368"/>
        <source>Samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="407"/>
        <source>Point at a word of the description to see which pixels it made.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="303"/>
        <source>Make samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="427"/>
        <source>Add to training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="186"/>
        <source>Choose an image and label it first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="160"/>
        <source>Training a synthesizer…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="169"/>
        <source>Train a synthesizer first, or choose the file of one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="174"/>
        <source>The synthesizer “{}” is not there any more. Choose another, or train one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="180"/>
        <source>Making samples…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="198"/>
        <source>Judging the samples…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="202"/>
        <source>Wait until the run before has ended, or cancel it below.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="215"/>
        <source>The synthesizer is in “{}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="240"/>
        <source>Cancelled. What was trained so far is kept: training the same again goes on from there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="319"/>
        <source>None yet. Train one on the image and its labels, which takes minutes, or choose the file of one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="324"/>
        <source>{name}: {count} classes.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="333"/>
        <source>It does not know {}: train it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="356"/>
        <source>Choose a synthesizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="356"/>
        <source>Synthesizer (*.safetensors)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="24"/>
        <source>Samples for rare classes, made by a reconstruction of Txt2HSI-LDM(VAE) (Zhu &amp; Xu 2025). They train the final model and never count for its accuracy.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="34"/>
        <source>Synthesizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="79"/>
        <source>Train a synthesizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="82"/>
        <source>Train one on the image and its labels; it takes minutes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="92"/>
        <source>…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="95"/>
        <source>Open the algorithm’s dialog, filled in</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="102"/>
        <source>Choose file…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="105"/>
        <source>Take a synthesizer that was trained before</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="179"/>
        <source>Leave it empty to describe samples as real patches of the class are described</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="205"/>
        <source>&amp;Without</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="221"/>
        <source>What the samples should not show</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="252"/>
        <source>Samples of the class</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="284"/>
        <source>default</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="287"/>
        <source>How closely samples follow the description: more is closer, and less varied</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="306"/>
        <source>Each time others</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="313"/>
        <source>As layers too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="316"/>
        <source>Add the samples side by side, and their labels, to the project</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="355"/>
        <source>None have been made yet.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="430"/>
        <source>The final map on the page “Finish” is trained with these samples too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="437"/>
        <source>Judge…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="440"/>
        <source>Compare the samples with the real labels, and open the report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="474"/>
        <source>Open report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="477"/>
        <source>The report of the last training or judging</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="167"/>
        <source>Wait until the synthesizer has been read.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="188"/>
        <source>Make samples first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="236"/>
        <source>Cancelled, but the synthesizer was finished before: it is in “{}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="317"/>
        <source>Reading “{}”…</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/synthetic_page.py" line="372"/>
        <source>The report “{}” is not there any more. Make it again.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="89"/>
        <source>Train a synthesizer with more options</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="150"/>
        <source>The class that samples are made of; those with the fewest labels come first</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="371"/>
        <source>Thumbnails of the samples; the arrow keys pick one</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="395"/>
        <source>Description of the sample that is picked</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/ui/synthetic_page.ui" line="404"/>
        <source>Point at a word to see which pixels it made; click to keep it. With the keyboard: Tab goes from word to word, Enter keeps one</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TextDialog</name>
    <message>
        <location filename="../hsi_film_plugin/text_dialog.py" line="22"/>
        <source>Copy to clipboard</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrainAndClassify</name>
    <message>
        <location filename="../hsi_film_plugin/processing/train_and_classify.py" line="66"/>
        <source>Train and classify</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_and_classify.py" line="80"/>
        <source>hyperspectral,imaging spectroscopy,supervised,classification,training,class map,land cover,confidence,machine learning,deep learning,diffusion,film</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_and_classify.py" line="69"/>
        <source>&lt;p&gt;From a hyperspectral scene and a few labelled polygons, points or pixels to a georeferenced class map with its legend, its model and an accuracy report, in one run.&lt;/p&gt;&lt;p&gt;Linear, spectral, spatial and FiLM heads are compared and blended on spatially separate folds of whole polygons; the blend classifies the scene. Accuracy is stated on other folds, as a rule further from the labels of a class; the report shows the figures.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrainClassifier</name>
    <message>
        <location filename="../hsi_film_plugin/processing/train_classifier.py" line="51"/>
        <source>Train classifier</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_classifier.py" line="64"/>
        <source>hyperspectral,imaging spectroscopy,supervised,classification,training,machine learning,deep learning,diffusion,film,land cover,model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_classifier.py" line="54"/>
        <source>&lt;p&gt;Trains a classifier on a hyperspectral scene from a few labelled polygons, points or pixels. Spatial features of a frozen diffusion model are fused with each pixel’s spectrum; only small heads are trained.&lt;/p&gt;&lt;p&gt;Linear, spectral, spatial and FiLM heads are compared and blended on spatially separate folds of whole polygons. Accuracy is stated on other folds, as a rule further from the labels of a class; the report shows the figures.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrainSynthesizer</name>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="80"/>
        <source>Training labels</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="80"/>
        <source>Polygons or points of known class in any CRS, or a raster whose values are classes (0 and nodata are unlabelled). A layer’s filter and unsaved edits count. Every class that has labels can be synthesized, a rare one from a few polygons; polygons in different places give more varied samples.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="91"/>
        <source>Descriptions of classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="91"/>
        <source>A table with the fields class (the name or value of a class) and description, such as “reed standing in shallow water”; several rows a class are several ways to describe it. Leave it empty to describe classes by their names.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="104"/>
        <source>The same seed and input give the same synthesizer on the same device; another seed gives another, equally valid one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="121"/>
        <source>Train synthesizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="124"/>
        <source>&lt;p&gt;Trains a small generative model on patches of a hyperspectral scene: an autoencoder of patches, and a diffusion model that follows a description in words. With it, Synthesize samples makes labelled samples of rare classes.&lt;/p&gt;&lt;p&gt;It is a reconstruction of Txt2HSI-LDM(VAE) (Zhu &amp;amp; Xu 2025), whose code is not published. Samples never enter validation: they only train final models.&lt;/p&gt;&lt;p&gt;Training takes minutes. If it is cancelled, what was trained so far stays in the plugin’s cache folder, and another run with the same scene, labels and settings goes on from there.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="136"/>
        <source>hyperspectral,synthetic samples,rare classes,class imbalance,data augmentation,generative model,diffusion,autoencoder,text prompt,training,machine learning</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="214"/>
        <source>Went on from an earlier run that had been stopped.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="233"/>
        <source>More scenes of the same sensor</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="233"/>
        <source>Further scenes with the same bands. They have no labels; their patches teach how spectra of this sensor look.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="246"/>
        <source>Descriptions of patches</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="246"/>
        <source>Fine: class, share, neighbours, brightness, texture</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="246"/>
        <source>Coarse: the class only</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="246"/>
        <source>How each training patch is described. Fine descriptions are written from the data and let a prompt say what lies beside a class and how it looks; coarse ones know classes only.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="263"/>
        <source>Patch size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="278"/>
        <source>Effort</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="278"/>
        <source>Multiplies the number of training steps: 0.5 takes half the time, 2 twice as long.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="294"/>
        <source>Learn from unlabelled patches too</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="294"/>
        <source>Patches without labels teach what the scene looks like, without saying of which class they are.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="294"/>
        <source>Random polygon clipping</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="294"/>
        <source>Puts parts of different patches together while training, so that few labelled patches give more varied surroundings.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="294"/>
        <source>Vary features while training</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="294"/>
        <source>Shifts the statistics of the compressed patches at random while training (latent feature uncertainty), against samples that all look the same.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="324"/>
        <source>Synthesizer</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="324"/>
        <source>The trained synthesizer, one safetensors file, which Synthesize samples reads.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="332"/>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="332"/>
        <source>A self-contained HTML page: the losses, how well unseen patches are reconstructed, the descriptions that were written, warnings and provenance.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="341"/>
        <source>Table of descriptions</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="341"/>
        <source>CSV table (*.csv)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="341"/>
        <source>A CSV table with the fields class and description, filled in: edit it and give it as descriptions of classes to the next training. Optional.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="146"/>
        <source>{parameter}: {side} is an odd number of pixels. Choose an even one, such as {even}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="199"/>
        <source>Cancelled, but the synthesizer was finished before: it is in “{}”.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="205"/>
        <source>Cancelled. What was trained so far is kept: another run with the same scene, labels and settings goes on from there.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="224"/>
        <source>“{}” is given more than once, and is read once.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/train_synthesizer.py" line="263"/>
        <source>Side of a sample in pixels, an even number from 8 to 32. Larger patches show more of the surroundings and take longer to train.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>TrainingSamples</name>
    <message>
        <location filename="../hsi_film_plugin/dock/training_samples.py" line="111"/>
        <source>Keeping the samples</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/training_samples.py" line="132"/>
        <source>Cancelled: the samples were not added to training.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/training_samples.py" line="133"/>
        <source>see the log of QGIS</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/dock/training_samples.py" line="134"/>
        <source>The samples cannot be written to “{path}”: {reason}. Make room there, or save the project in a folder that can be written to, and add them again.</source>
        <translation type="unfinished"></translation>
    </message>
</context>
</TS>
