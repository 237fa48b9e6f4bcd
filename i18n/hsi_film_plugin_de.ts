<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1">
<context>
    <name>@default</name>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="32"/>
        <source>Extent to classify</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="32"/>
        <source>Classify only this part of the scene; it may be given in any CRS. The pixels get the same classes as in a map of the whole scene. Leave it empty for the whole scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="56"/>
        <source>Dask scheduler</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="64"/>
        <source>Minimum confidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="64"/>
        <source>Pixels whose most probable class is less probable than this stay unclassified (0). With 0 every valid pixel gets a class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="94"/>
        <source>Class map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="94"/>
        <source>A GeoTIFF of class values on the scene&apos;s grid, 0 where there is no data, with class names, colours and attribute table inside.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="101"/>
        <source>Confidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="101"/>
        <source>A GeoTIFF of two bands. The first holds the calibrated probability (0 to 1) of the class that each pixel was given. The second tells how unlike all labelled pixels a pixel&apos;s spectrum is: above 1 it is further from them than 95 % of labelled ground that was held out, so its class may be one that nobody labelled. Optional.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="115"/>
        <source>Class probabilities</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="115"/>
        <source>A GeoTIFF with one band per class that holds the probability of that class. Optional.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="144"/>
        <source>{} – classes</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="145"/>
        <source>{} – confidence</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="146"/>
        <source>{} – class probabilities</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="56"/>
        <source>Cancelled: nothing is left.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="91"/>
        <source>Device: {}</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="95"/>
        <source>Overall accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="95"/>
        <source>Balanced accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="95"/>
        <source>Kappa</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/label_export.py" line="122"/>
        <source>{}: the layer cannot be opened. Choose polygons, points or a raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/label_export.py" line="128"/>
        <source>{parameter}: “{layer}” is a table without geometry. Choose polygons, points or a raster.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/label_export.py" line="148"/>
        <source>{parameter}: “{layer}” has no fields. Add one that holds the class.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/label_export.py" line="150"/>
        <source>{field_parameter}: “{layer}” has no field “{field}”. Its fields are: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/label_export.py" line="154"/>
        <source>{field_parameter}: choose the field of “{layer}” that holds the class. Its fields are: {names}.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/label_export.py" line="266"/>
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
        <location filename="../hsi_film_plugin/processing/raster_source.py" line="32"/>
        <source>{}: the raster cannot be opened. Choose a raster file.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/raster_source.py" line="39"/>
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
        <location filename="../hsi_film_plugin/processing/training.py" line="62"/>
        <source>The same seed and input give the same model on the same device; another seed gives another, equally valid one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="70"/>
        <source>Ensemble size</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="70"/>
        <source>How many heads are trained and averaged: more are steadier and slower. Leave it empty for the default.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="103"/>
        <source>Model</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="103"/>
        <source>The trained model: one safetensors file with the head, the statistics, the classes with their colours, and the bands. It classifies other scenes of the same sensor.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="110"/>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="110"/>
        <source>A self-contained HTML page: the labels, the spectra, what was compared on spatially separate folds, the accuracy with its uncertainty, warnings and provenance.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="136"/>
        <source>HSI FiLM model (*.safetensors)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="141"/>
        <source>HTML report (*.html)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/label_export.py" line="247"/>
        <source>“{layer}” has no features. Draw some labels, or check the layer’s filter.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/engine_run.py" line="94"/>
        <source>Accuracy on labels that were held out of training:</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/classification.py" line="56"/>
        <source>Kept for classifying on a cluster, which this version cannot do yet: leave it empty. An address given here is refused before anything is computed.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/training.py" line="50"/>
        <source>Kept for generated samples of rare classes, which this version can neither make nor use: leave it empty. A file given here is refused before anything is computed.</source>
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
        <location filename="../hsi_film_plugin/plugin_menu.py" line="67"/>
        <source>{} – wait until this has ended.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/plugin_menu.py" line="74"/>
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
</context>
<context>
    <name>AssessAccuracy</name>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="44"/>
        <source>Class map</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="44"/>
        <source>A raster whose values are classes, made with this plugin or any other tool. Its category names, attribute table and colours are used where it has them.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="51"/>
        <source>Reference</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="51"/>
        <source>Polygons or points of known class in any CRS, or a raster of classes. They must not have been used to make the map: accuracy on training data is no accuracy. Classes are matched to the map’s by value, and by name where there are names.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="61"/>
        <source>Report</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="61"/>
        <source>A self-contained HTML page: confusion matrix, overall and balanced accuracy, kappa, F1, IoU, user’s and producer’s accuracy, and the area of each class with its 95 % interval.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="71"/>
        <source>Table</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="71"/>
        <source>JSON table (*.json)</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="71"/>
        <source>The same figures as JSON, for scripts.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="85"/>
        <source>Assess accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="88"/>
        <source>&lt;p&gt;Compares a class map with reference data and reports its accuracy. Areas are estimated with the stratified estimator of Olofsson et al. (2014), with 95 % confidence intervals.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/assess_accuracy.py" line="95"/>
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
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="40"/>
        <source>Width</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="40"/>
        <source>Columns of the scene, in pixels of 5 m.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="40"/>
        <source>Height</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="40"/>
        <source>Rows of the scene, in pixels of 5 m.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="55"/>
        <source>The same seed gives the same scene; another seed another one.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="140"/>
        <source>Sample scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="56"/>
        <source>A GeoTIFF of reflectance in 100 bands from 420 to 2450 nm, with wavelengths, widths, and the bands of the water vapour marked as bad.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="146"/>
        <source>Training polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="63"/>
        <source>A few polygons per class to train on, with the fields class_id and class_name.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="146"/>
        <source>Reference polygons</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="63"/>
        <source>The true class of every pixel as polygons, with the fields class_id and class_name: what a map of the scene can be assessed against.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="91"/>
        <source>Create sample scene</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="94"/>
        <source>&lt;p&gt;Renders a plausible hyperspectral scene of forests, fields, water and villages, with mixed pixels, shadows and sensor noise, together with training polygons and the complete truth. For trying the other algorithms, and for tests.&lt;/p&gt;&lt;p&gt;Works before the engine is installed.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/create_sample_scene.py" line="102"/>
        <source>hyperspectral,sample,example,demo,synthetic,simulated,test data,training data,reference,ground truth</source>
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
    <name>ExtractFeatures</name>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="50"/>
        <source>Components</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="50"/>
        <source>How many bands the output has: the features are compressed to this many principal components, computed once for the whole scene.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="66"/>
        <source>Features</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="66"/>
        <source>A float GeoTIFF on the scene’s grid with one band per component, the strongest first.</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="78"/>
        <source>Extract features</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="81"/>
        <source>&lt;p&gt;Writes the spatial features that a frozen diffusion model sees in a hyperspectral scene, for segmentation, clustering or classifiers of your own.&lt;/p&gt;</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="87"/>
        <source>hyperspectral,features,embedding,deep features,texture,diffusion,unet,backbone,principal components</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/extract_features.py" line="115"/>
        <source>{} – features</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>HsiFilmAlgorithm</name>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="48"/>
        <source>Classification</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="49"/>
        <source>Accuracy</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="50"/>
        <source>Features</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="51"/>
        <source>Sample data</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="66"/>
        <source>Inputs</source>
        <translation type="unfinished"></translation>
    </message>
    <message>
        <location filename="../hsi_film_plugin/processing/algorithm.py" line="66"/>
        <source>Outputs</source>
        <translation type="unfinished"></translation>
    </message>
</context>
<context>
    <name>HsiFilmProvider</name>
    <message>
        <location filename="../hsi_film_plugin/processing/provider.py" line="38"/>
        <source>HSI FiLM (hyperspectral classification)</source>
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
</TS>
