public import FoundationEssentials
public import PinionTensor

extension Graph {
  private struct Saved: Codable {
    struct Layer: Codable {
      var name: String
      @Configured var layer: any PinionLayers.Layer
      var inputs: [Int]
    }
    var format: Int
    var name: String
    var inputShape: Shape
    var layers: [Layer]
  }

  /// The version of the configuration's format that is written.
  private static let format = 1

  /// The configuration as JSON: the layers with their hyperparameters, names and connections.
  ///
  /// Throws `EncodingError` if a layer of the user's cannot be encoded.
  public func configuration() throws -> Data {
    require(
      inputs.count == 1 && outputs == [nodes[nodes.count - 1].output]
        && nodes.count == layers.count && layers.allSatisfy(\.isTrainable),
      "a configuration of a graph of several inputs or outputs")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(
      Saved(
        format: Self.format, name: name, inputShape: inputShape,
        layers: nodes.map { node in
          Saved.Layer(
            name: node.name, layer: layer(of: node).layer, inputs: node.inputs.map(\.index))
        }))
  }

  /// The graph that a configuration describes; types that it names are looked up in `registry`.
  ///
  /// Throws ``GraphError`` if the configuration is invalid, names unknown types, or is nested more than 64 levels deep.
  public init(configuration: Data, registry: TypeRegistry = .standard) throws {
    let decoder = JSONDecoder()
    decoder.userInfo[.typeRegistry] = registry
    let saved: Saved
    do {
      // Reading recurses with the nesting.
      try JSONDocument.check(configuration, file: "the configuration", place: "JSON")
      saved = try decoder.decode(Saved.self, from: configuration)
    } catch let error as FileError {
      throw GraphError.configuration("expected \(error.expected), found \(error.found)")
    } catch let error as DecodingError {
      let (place, problem) = error.inWords
      throw GraphError.configuration(place.isEmpty ? problem : "\(place): \(problem)")
    } catch {
      throw GraphError.configuration("\(error)")
    }
    guard saved.format == Self.format else {
      throw GraphError.configuration("format \(Self.format) expected, \(saved.format) found")
    }
    var builder = GraphBuilder()
    let input = try builder.addInput(saved.inputShape)
    var output = input
    for (index, entry) in saved.layers.enumerated() {
      guard !entry.inputs.isEmpty, entry.inputs.allSatisfy({ (0...index).contains($0) }) else {
        throw GraphError.configuration(
          "layer \"\(entry.name)\" takes inputs \(entry.inputs), only 0...\(index) are there")
      }
      output = try builder.add(entry.layer, named: entry.name, on: entry.inputs.map(ValueID.init))
    }
    self = try builder.graph(name: saved.name, inputs: [input], outputs: [output])
  }
}

extension TypeRegistry {
  /// Everything of ours that a model's configuration may name.
  public static let standard = TypeRegistry([
    Activation.self, Add.self, BatchNormalization.self, Conv2D.self, Dense.self, Dropout.self,
    Flatten.self, MaxPool2D.self,
    LeakyReLU.self, Linear.self, ReLU.self, Sigmoid.self, Softmax.self, Tanh.self,
    ConstantInitializer.self, VarianceScaling.self,
    CategoricalCrossEntropy.self, MeanSquaredError.self, SparseCategoricalCrossEntropy.self,
  ])
}
