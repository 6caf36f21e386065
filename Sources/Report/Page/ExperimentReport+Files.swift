public import FoundationEssentials
internal import PinionTensor
internal import PinionTraining

extension ExperimentReport {
  /// The name of the page in a run's folder.
  static let pageName = "index.html"

  /// Writes the page `index.html`, its pictures as files of their own, and `report.json`, which comparisons read.
  ///
  /// The page needs none of the other files. Each file appears under its name only when complete.
  /// Throws `FileError` if the folder cannot be made or a file cannot be written.
  public func write(to directory: URL) throws {
    try Folder.make(directory.path)
    for (name, drawing) in drawings {
      try drawing.write(to: directory.appending(path: name + ".svg"))
    }
    for (name, image) in images {
      try PNG.write(image, to: directory.appending(path: name + ".png"))
    }
    try RunSummary(self).write(to: directory)
    try AtomicFile.write(html(), to: directory.appending(path: Self.pageName))
  }

  /// The pictures with their files' names.
  var drawings: [(name: String, drawing: Drawing)] {
    let curves = TrainingCurves(history, bestEpoch: bestEpoch)
    let diagram = NetworkDiagram(graph)
    var drawings = [
      ("curves", curves.drawing), ("network-volumes", diagram.volumes()),
      ("network-graph", diagram.connections),
    ]
    if !samples.isEmpty { drawings.append(("samples", SampleGrid(samples).drawing)) }
    if let confusion {
      drawings.append(
        ("confusion-matrix", ConfusionMatrixPlot(confusion, groups: classGroups).drawing))
    }
    if !predictions.isEmpty {
      drawings.append(("predictions", PredictionGrid(predictions).drawing))
    }
    if !mistakes.isEmpty { drawings.append(("mistakes", PredictionGrid(mistakes).drawing)) }
    return drawings
  }

  /// The pictures made of pixels with their files' names.
  private var images: [(name: String, image: PixelImage)] {
    var images: [(String, PixelImage)] = []
    if !samples.isEmpty { images.append(("samples", SampleGrid(samples).image)) }
    if let confusion {
      images.append(
        ("confusion-matrix", ConfusionMatrixPlot(confusion, groups: classGroups).image))
    }
    if !predictions.isEmpty { images.append(("predictions", PredictionGrid(predictions).image)) }
    if !mistakes.isEmpty { images.append(("mistakes", PredictionGrid(mistakes).image)) }
    return images
  }
}
