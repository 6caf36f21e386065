package import PinionLayers
package import PinionTensor

/// References in two precisions, specialized here, where the compiler sees both.
extension RandomNetwork {
  /// Plain loops in double precision, the reference.
  package func reference(_ weights: Weights) -> ReferenceNetwork<Double> {
    ReferenceNetwork<Double>(self, weights: weights)
  }

  /// Plain loops in single precision.
  package func singleReference(_ weights: Weights) -> ReferenceNetwork<Float> {
    ReferenceNetwork<Float>(self, weights: weights)
  }

  /// Inputs whose distance from every kink of a rectifier or maximum exceeds rounding errors, so
  /// that both precisions take the same branches; nil if none of the first draws are.
  package func separatedInputs(_ weights: Weights, margin: Double = 4e-6, draws: Int = 12)
    -> [AlignedBuffer]?
  {
    let targets = makeTargets().arrays
    for draw in 0..<draws {
      let inputs = makeInputs(draw: draw)
      let reference = reference(weights)
      reference.run(inputs.arrays, step: 0)
      reference.evaluateLoss(targets: targets)
      if reference.margin > margin { return inputs }
    }
    return nil
  }
}
