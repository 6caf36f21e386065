import PinionLayers
import PinionTensor

/// The last layers of a random network and a loss for them.
struct NetworkHead {
  let output: SymbolicTensor
  let loss: any Loss
  let targets: RandomNetwork.TargetKind

  static func make(_ generator: inout NetworkGenerator) -> NetworkHead {
    let isFlat = generator.last.shape.rank == 1 || !generator.choices.oneIn(5)
    if isFlat, generator.last.shape.rank > 1 { generator.add(Flatten(), on: generator.last) }
    let kind = generator.choices.below(10)
    if kind < 5 { return classes(kind, &generator) }
    let units = generator.choices.number(in: 1...10)
    func end(_ loss: some Loss, _ targets: RandomNetwork.TargetKind) -> NetworkHead {
      NetworkHead(output: generator.last.symbol, loss: loss, targets: targets)
    }
    switch kind {
    case 5:
      let smoothing = generator.choices.pick([0, 0.2])
      let fromLogits = generator.choices.oneIn(2)
      if fromLogits {
        generator.add(Dense(units), on: generator.last)
      } else {
        generator.add(Dense(units, activation: .sigmoid), on: generator.last)
      }
      if generator.choices.oneIn(4) {
        return end(
          BinaryFocalCrossEntropy(
            applyClassBalancing: generator.choices.oneIn(2), labelSmoothing: smoothing,
            fromLogits: fromLogits), .values)
      }
      return end(
        BinaryCrossEntropy(labelSmoothing: smoothing, fromLogits: fromLogits), .values)
    case 6:
      generator.add(Dense(units + 1), on: generator.last)
      switch generator.choices.below(3) {
      case 0: return end(Hinge(), .signs)
      case 1: return end(SquaredHinge(), .signs)
      default: return end(CategoricalHinge(), .distributions)
      }
    case 7 where generator.choices.oneIn(2):
      generator.add(Dense(units, activation: .softplus), on: generator.last)
      return generator.choices.oneIn(2)
        ? end(Poisson(), .values) : end(MeanSquaredLogarithmicError(), .values)
    default: break
    }
    generator.add(generator.denseLayer(units), on: generator.last)
    switch generator.choices.below(9) {
    case 0: return end(MeanAbsoluteError(), .values)
    case 8: return end(MeanAbsolutePercentageError(), .awayFromZero)
    case 1: return end(Huber(delta: generator.choices.pick([1, 0.3])), .values)
    case 2: return end(LogCosh(), .values)
    default: return end(MeanSquaredError(), .values)
    }
  }

  /// A head for one class of several.
  private static func classes(_ kind: Int, _ generator: inout NetworkGenerator) -> NetworkHead {
    let classes = generator.choices.number(in: 2...10)
    let usesBias = !generator.choices.oneIn(4)
    let smoothing = generator.choices.pick([0, 0.1])
    let isSparse = generator.choices.oneIn(2)
    var fromLogits = false
    switch kind {
    case 0, 1:
      generator.add(
        Dense(classes, activation: .softmax, usesBias: usesBias), on: generator.last)
      switch generator.choices.below(8) {
      case 0, 1:
        return NetworkHead(
          output: generator.last.symbol, loss: KLDivergence(), targets: .distributions)
      case 2: return distillation(&generator)
      default: break
      }
    case 2:
      generator.add(Dense(classes, usesBias: usesBias), on: generator.last)
      generator.add(Activation(.softmax), on: generator.last)
    case 3:
      generator.add(Dense(classes, usesBias: usesBias), on: generator.last)
      if generator.choices.oneIn(4) {
        return NetworkHead(
          output: generator.last.symbol, loss: CosineSimilarity(), targets: .distributions)
      }
      if generator.choices.oneIn(4) { return distillation(&generator, fromLogits: true) }
      fromLogits = true
    default:
      generator.add(
        Dense(classes, activation: .sigmoid, usesBias: usesBias), on: generator.last)
      if generator.choices.oneIn(6) { return distillation(&generator) }
    }
    return NetworkHead(
      output: generator.last.symbol,
      loss: isSparse
        ? SparseCategoricalCrossEntropy(fromLogits: fromLogits)
        : CategoricalCrossEntropy(labelSmoothing: smoothing, fromLogits: fromLogits),
      targets: isSparse ? .classes : .distributions)
  }

  private static func distillation(
    _ generator: inout NetworkGenerator, fromLogits: Bool = false
  ) -> NetworkHead {
    NetworkHead(
      output: generator.last.symbol,
      loss: Distillation(
        temperature: generator.choices.pick([1, 2, 4]), alpha: generator.choices.pick([0.3, 0.9]),
        fromLogits: fromLogits), targets: .classesAndLogits)
  }

  /// The focal form of a cross-entropy, if it is one, and every second time the sum over a batch
  /// that is small.
  static func unusual(
    _ loss: any Loss, batch: Int, _ choices: inout Choices
  ) -> any Loss {
    let gamma = choices.pick([0.5, 1, 2, 3])
    var result = loss
    if let loss = loss as? CategoricalCrossEntropy {
      result = CategoricalFocalCrossEntropy(
        alpha: choices.pick([0.25, 0.6]), gamma: gamma, labelSmoothing: loss.labelSmoothing,
        fromLogits: loss.fromLogits)
    } else if let loss = loss as? BinaryCrossEntropy {
      result = BinaryFocalCrossEntropy(
        applyClassBalancing: choices.oneIn(2), alpha: choices.pick([0.25, 0.6]), gamma: gamma,
        labelSmoothing: loss.labelSmoothing, fromLogits: loss.fromLogits)
    }
    // Summed gradients of many samples would be so large that steps leave the range of floats.
    return batch < 8 && choices.oneIn(2) ? SummedLoss(result) : result
  }
}
