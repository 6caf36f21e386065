internal import Pinion
internal import PinionInterchange
internal import PinionTensor

/// The layers of a converted network: name, type, shape of the output, parameters and where they
/// come from.
struct ConversionTable: CustomStringConvertible {
  private let reading: ConvertedFile.Reading
  private let output: ConvertedFile

  init(_ reading: ConvertedFile.Reading, output: ConvertedFile) {
    (self.reading, self.output) = (reading, output)
  }

  var description: String {
    let graph = reading.network.graph
    var rows = [["layer", "type", "output", "parameters", "became"]]
    var seen: Set<LayerID> = []
    for node in graph.nodes {
      let layer = graph.layer(of: node)
      let isRepeated = !seen.insert(layer.id).inserted
      let tensors = layer.parameters.map { "\(layer.name)/\($0.name)" }
      let sources = tensors.compactMap { reading.sources[$0] }
      let source = sources.first.map { name in
        sources.count > 1 ? "\(name), … (\(sources.count))" : name
      }
      rows.append([
        node.name, layer.typeName, "\(node.outputShape)",
        isRepeated ? "shared" : tensors.isEmpty ? "" : "\(layer.parameterCount)",
        source ?? fate(of: layer, hasParameters: !tensors.isEmpty),
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let cells = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
    return (lines + reading.unused.map { "not used: \($0)" })
      .map { PrintableText.escaped($0) }.joined(separator: "\n")
  }

  /// What became of a layer.
  private func fate(of layer: GraphLayer, hasParameters: Bool) -> String {
    switch output.format {
    case .pinion: "the same layer"
    case .keras: "a layer of Keras"
    case .onnx: layer.layer is any ONNXIdentity ? "left out: of training alone" : "nodes of ONNX"
    case .kerasWeights, .numPy, .pyTorch: hasParameters ? "its weights" : "not written"
    }
  }
}
