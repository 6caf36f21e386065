import FoundationEssentials
import LayerCases
import PinionInterchange
import PinionLayers

/// The rows of ``LayerCase/all`` for `make_layers.py`.
struct LayerExport: Encodable {
  let key: String
  let values: String
  /// Of numbers that are indices; else 0.
  let indices: Int
  let batch: Int
  let isTraining: Bool
  let calls: Int

  init(_ row: LayerCase) {
    key = row.key
    batch = row.batch
    isTraining = row.isTraining
    calls = row.calls
    switch row.values {
    case .distinct: (values, indices) = ("distinct", 0)
    case .rectified: (values, indices) = ("rectified", 0)
    case .rounded: (values, indices) = ("rounded", 0)
    case .indices(let count): (values, indices) = ("indices", count)
    }
  }

  /// Writes each row that Keras has as a `.keras` file and a `.json` file with the same name.
  static func write(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (number, row) in LayerCase.all.enumerated() {
      let name = folder.appending(path: "\(1000 + number)")
      do {
        try Network(row.graph()).saveKeras(to: name.appendingPathExtension("keras"))
      } catch let error as KerasError {
        print("\(row): \(error)")
        continue
      }
      try JSONEncoder().encode(LayerExport(row))
        .write(to: name.appendingPathExtension("json"))
    }
  }
}
