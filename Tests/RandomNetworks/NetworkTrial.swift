import PinionData
import PinionLayers
package import PinionTensor
package import PinionTraining

/// Two training steps and two predictions of a random network, with all results.
package struct NetworkTrial {
  /// The total loss of each step before its update, penalties included.
  package private(set) var losses: [Double] = []
  /// The gradients of the first step before any clipping, in the layout of ``Weights/trainable``.
  package private(set) var gradients: [Float] = []
  /// The trainable parameters after each step.
  package private(set) var parameters: [[Float]] = []
  /// The non-trainable parameters after each step.
  package private(set) var states: [[Float]] = []
  /// The outputs for the batch after both steps.
  package private(set) var outputs: [Tensor]
  /// A predictor's outputs for the batch.
  package private(set) var predictorOutputs: [Tensor]
  /// The same predictor's outputs for the first sample.
  package private(set) var single: [Tensor]
  package let model: Model

  /// - Parameter communicator: The other ranks that compute the same steps, of which this one is
  ///   given its own samples only. Default: none.
  package init(
    _ network: RandomNetwork, inputs: [AlignedBuffer], targets: [AlignedBuffer], threads: Int,
    communicator: (any Communicator)? = nil
  ) throws {
    model = try network.makeModel(threads: threads)
    let ownInputs = inputs.map { AlignedBuffer(copying: $0.view) }
    let ownTargets = targets.map { AlignedBuffer(copying: $0.view) }
    if let communicator {
      try model.distribute(over: communicator)
      let rows = model.ownRows(ofBatch: network.batch)
      for buffer in ownInputs + ownTargets {
        let size = buffer.count / network.batch
        buffer.view[0..<rows.lowerBound * size].fill(.nan)
        buffer.view[rows.upperBound * size..<buffer.count].fill(.nan)
      }
    }
    defer { withExtendedLifetime((ownInputs, ownTargets)) {} }
    var gradients: [Float] = []
    for _ in 0..<2 {
      let batch = Batch(
        inputs: ownInputs.map(\.view), targets: ownTargets.map(\.view),
        targetShapes: ownTargets.map { [$0.count / network.batch] }, indices: 0..<network.batch)
      let workspace = try model.trainStep(batch) { workspace in
        if gradients.isEmpty { gradients = workspace.gradients.array }
      }
      losses.append(workspace.meanLoss + model.lastPenalty)
      parameters.append(model.weights.trainable.array)
      states.append(model.weights.nonTrainable.array)
    }
    self.gradients = gradients
    let shapes = network.graph.inputShapes
    let whole = inputs.tensors(shapes, samples: network.batch)
    outputs = try model.predict(whole, threads: threads)
    let predictor = try Predictor(model, threads: threads)
    predictorOutputs = try predictor.predict(whole, batchSize: network.batch)
    single = try predictor.predict(inputs.tensors(shapes, samples: 1))
  }

  /// All results as bits.
  package var bits: [UInt32] {
    let tensors = (outputs + predictorOutputs + single).flatMap(\.elements)
    return (losses.map(Float.init) + gradients + parameters.joined() + states.joined() + tensors)
      .map(\.bitPattern)
  }
}
