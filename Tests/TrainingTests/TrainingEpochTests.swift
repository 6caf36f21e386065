import Pinion
import Synchronization
import Testing

/// Data that know which epochs training asked them for.
private final class EpochLog: Dataset {
  let count = 6
  let inputShape: Shape = [2]
  let targetShape: Shape = [1]
  let epochs = Mutex<[Int]>([])

  func copyInput(at index: Int, into view: MemoryView<Float>) { view.fill(Float(index) / 6) }

  func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = Float(index % 2) }

  func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) {
    copyInput(at: index, into: sample.input)
    copyTarget(at: index, into: sample.target)
    if let epoch { epochs.withLock { $0.append(epoch) } }
  }
}

@Suite struct TrainingEpochTests {
  @Test func trainingTellsTheDataItsEpoch() throws {
    let model = try Model(
      Sequential(input: [2]) { Dense(2, activation: .softmax) }, seed: 1, threads: 2)
    let (training, validation) = (EpochLog(), EpochLog())
    try model.fit(training, validation: validation, epochs: 2, batchSize: 4, verbose: false)
    #expect(training.epochs.withLock { $0.sorted() } == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
    // A later call goes on where the one before ended.
    try model.fit(training.prefix(3), epochs: 1, batchSize: 4, verbose: false)
    #expect(training.epochs.withLock { $0.suffix(3) } == [2, 2, 2])
    #expect(validation.epochs.withLock { $0 } == [])
    _ = try model.evaluate(training)
    _ = try model.predict(training)
    #expect(training.epochs.withLock { $0.count } == 15)
  }
}
