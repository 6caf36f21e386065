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
    let classes = generator.choices.number(in: 2...10)
    let usesBias = !generator.choices.oneIn(4)
    let smoothing = generator.choices.pick([0, 0.1])
    let isSparse = generator.choices.oneIn(2)
    var fromLogits = false
    switch generator.choices.below(7) {
    case 0, 1:
      generator.add(
        Dense(classes, activation: .softmax, usesBias: usesBias), on: generator.last)
    case 2:
      generator.add(Dense(classes, usesBias: usesBias), on: generator.last)
      generator.add(Activation(.softmax), on: generator.last)
    case 3:
      generator.add(Dense(classes, usesBias: usesBias), on: generator.last)
      fromLogits = true
    case 4:
      generator.add(
        Dense(classes, activation: .sigmoid, usesBias: usesBias), on: generator.last)
    default:
      let units = generator.choices.number(in: 1...10)
      generator.add(generator.denseLayer(units), on: generator.last)
      return NetworkHead(
        output: generator.last.symbol, loss: MeanSquaredError(), targets: .values)
    }
    return NetworkHead(
      output: generator.last.symbol,
      loss: isSparse
        ? SparseCategoricalCrossEntropy(fromLogits: fromLogits)
        : CategoricalCrossEntropy(labelSmoothing: smoothing, fromLogits: fromLogits),
      targets: isSparse ? .classes : .distributions)
  }
}
