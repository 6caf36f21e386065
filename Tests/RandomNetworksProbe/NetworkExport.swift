import FoundationEssentials
import PinionLayers
import PinionOptimizers
import PinionTensor
import PinionTraining
import RandomNetworks

/// Exports a random network and the library's results for comparison with other libraries.
///
/// `NUMBER.json` describes graph, losses and optimizer as saved models do. `NUMBER.safetensors`
/// contains `inputs/INDEX`, `targets/INDEX`; `factors/STEP/LAYER` and `terms/STEP/LAYER`, what
/// layers of noise multiply by and add, and attentions their weights; `weights/STEP/NAME` before
/// step 0, 1 and 2; `gradients/NAME` of step 0; `magnitudes/NAME`, Σ |terms| of each element of
/// that gradient; `plain/NAME`, the largest error of plain loops in single precision in it;
/// `losses` of both steps, penalties included; `outputs/0/INDEX` and `outputs/2/INDEX`, predictions
/// before and after both steps.
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
    let losses: [Part]
    let lossWeights: [Double]
    let optimizer: Part
  }

  private let network: RandomNetwork
  private let inputs: [AlignedBuffer]

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
      losses: network.objectives.map(\.loss).map {
        .init(type: type(of: $0).typeName, configuration: $0)
      }, lossWeights: network.objectives.map(\.weight),
      optimizer: .init(
        type: type(of: network.optimizer).typeName, configuration: network.optimizer))
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

    mutating func add(_ name: String, _ tensors: [Tensor]) {
      for (index, tensor) in tensors.enumerated() {
        add("\(name)/\(index)", tensor.shape, tensor.elements)
      }
    }

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
    let targets = network.makeTargets()
    let batch = inputs.tensors(network.graph.inputShapes, samples: network.batch)
    tensors.add("inputs", batch)
    tensors.add("targets", targets.tensors(network.targetShapes, samples: network.batch))

    let model = try network.makeModel()
    tensors.add("outputs/0", try model.predict(batch))
    let reference = network.reference(model.weights)
    reference.run(inputs.arrays, step: 0)
    reference.backward(targets: targets.arrays, withMagnitudes: true)
    // A term may be zero in one precision because two others cancel.
    let single = network.singleReference(model.weights)
    single.run(inputs.arrays, step: 0)
    single.backward(targets: targets.arrays, withMagnitudes: true)
    for step in 0..<2 {
      for (name, noise) in reference.noise(step: step) {
        let shape = Shape(noise.shape).prepending(network.batch)
        for (kind, values) in [("factors", noise.factors), ("terms", noise.terms)]
        where !values.isEmpty {
          tensors.add("\(kind)/\(step)/\(name)", shape, values.map { Float($0) })
        }
      }
    }
    let trial = try NetworkTrial(network, inputs: inputs, targets: targets, threads: 2)
    tensors.add("losses", [2], trial.losses.map { Float($0) })
    tensors.add("outputs/2", trial.outputs)
    for entry in model.weights.entries {
      tensors.add("weights/0/" + entry.name, entry.shape, model.weights.view(of: entry).array)
      for step in 0..<2 {
        let source = entry.isTrainable ? trial.parameters[step] : trial.states[step]
        tensors.add("weights/\(step + 1)/" + entry.name, entry.shape, Array(source[entry.range]))
      }
      guard entry.isTrainable else { continue }
      tensors.add("gradients/" + entry.name, entry.shape, Array(trial.gradients[entry.range]))
      let magnitudes = zip(
        reference.magnitudes[entry.name] ?? [], single.magnitudes[entry.name] ?? [])
      let errors = zip(
        reference.gradients[entry.name] ?? [], single.gradients[entry.name] ?? []
      ).map { abs($0 - Double($1)) }
      tensors.add("plain/" + entry.name, [1], [Float(errors.max() ?? 0)])
      tensors.add(
        "magnitudes/" + entry.name, entry.shape, magnitudes.map { max(Float($0), $1) })
    }
  }
}
