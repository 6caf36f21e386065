import FoundationEssentials
import PinionLayers
import PinionOptimizers
import PinionTensor
import PinionTraining
import RandomNetworks

/// Exports a random network and the library's results for comparison with other libraries.
///
/// `NUMBER.json` describes graph, loss and optimizer as saved models do. `NUMBER.safetensors`
/// contains `inputs`, `targets`; `factors/STEP/LAYER` and `terms/STEP/LAYER`, what layers of noise
/// multiply by and add; `weights/STEP/NAME` before step 0, 1 and 2; `gradients/NAME` of step 0;
/// `magnitudes/NAME`, Σ |terms| of each element of that gradient; `losses` of both steps;
/// `outputs/0` and `outputs/2`, predictions before and after both steps.
struct NetworkExport {
  private struct Description: Encodable {
    struct Part: Encodable {
      let type: String
      let configuration: any Encodable

      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(type, forKey: .type)
        try configuration.encode(to: container.superEncoder(forKey: .configuration))
      }

      enum Keys: String, CodingKey { case type, configuration }
    }
    let number, batch: Int
    let graph: String
    let loss, optimizer: Part
    let targets: RandomNetwork.TargetKind
  }

  private let network: RandomNetwork
  private let inputs: AlignedBuffer

  /// Nil if all draws of the inputs are close to a kink, where single precision may take another
  /// branch.
  init?(_ network: RandomNetwork) throws {
    self.network = network
    guard let inputs = network.separatedInputs(try network.makeModel().weights) else { return nil }
    self.inputs = inputs
  }

  /// Writes both files.
  func write(to folder: URL) throws {
    let description = Description(
      number: network.number, batch: network.batch,
      graph: String(decoding: try network.graph.configuration(), as: UTF8.self),
      loss: .init(type: type(of: network.loss).typeName, configuration: network.loss),
      optimizer: .init(
        type: type(of: network.optimizer).typeName, configuration: network.optimizer),
      targets: network.targets)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(description).write(to: folder.appending(path: "\(network.number).json"))
    var tensors = Tensors()
    try collect(&tensors)
    try tensors.write(to: folder.appending(path: "\(network.number).safetensors"))
  }

  /// Tensors by name, with their storage.
  private struct Tensors {
    private var entries: [SafeTensors.Entry] = []
    private var buffers: [AlignedBuffer] = []

    mutating func add(_ name: String, _ shape: Shape, _ values: [Float]) {
      let buffer = AlignedBuffer(count: values.count)
      for (i, value) in values.enumerated() { buffer.view[i] = value }
      buffers.append(buffer)
      entries.append(.init(name: name, shape: shape, elements: buffer.view))
    }

    func write(to file: URL) throws {
      try withExtendedLifetime(buffers) { try SafeTensors.write(entries, to: file) }
    }
  }

  private func collect(_ tensors: inout Tensors) throws {
    let graph = network.graph
    let targets = network.makeTargets()
    let batchShape = graph.inputShape.prepending(network.batch)
    tensors.add("inputs", batchShape, inputs.view.array)
    tensors.add("targets", network.targetShape.prepending(network.batch), targets.view.array)

    let model = try network.makeModel()
    let before = try model.predict(Tensor(copying: inputs.view, shape: batchShape))
    tensors.add("outputs/0", before.shape, before.elements)
    let reference = network.reference(model.weights)
    reference.run(inputs.view.array, step: 0)
    reference.backward(targets: targets.view.array, withMagnitudes: true)
    for step in 0..<2 {
      for (name, noise) in reference.noise(step: step) {
        let node = graph.nodes.first { $0.name == name }
        let shape = (node?.outputShape ?? Shape([])).prepending(network.batch)
        for (kind, values) in [("factors", noise.factors), ("terms", noise.terms)]
        where !values.isEmpty {
          tensors.add("\(kind)/\(step)/\(name)", shape, values.map { Float($0) })
        }
      }
    }
    let trial = try NetworkTrial(network, inputs: inputs, targets: targets, threads: 2)
    tensors.add("losses", [2], trial.losses.map { Float($0) })
    tensors.add("outputs/2", trial.outputs.shape, trial.outputs.elements)
    for entry in model.weights.entries {
      tensors.add("weights/0/" + entry.name, entry.shape, model.weights.view(of: entry).array)
      for step in 0..<2 {
        let source = entry.isTrainable ? trial.parameters[step] : trial.states[step]
        tensors.add("weights/\(step + 1)/" + entry.name, entry.shape, Array(source[entry.range]))
      }
      guard entry.isTrainable else { continue }
      tensors.add("gradients/" + entry.name, entry.shape, Array(trial.gradients[entry.range]))
      let magnitudes = reference.magnitudes[entry.name] ?? []
      tensors.add("magnitudes/" + entry.name, entry.shape, magnitudes.map { Float($0) })
    }
  }
}
