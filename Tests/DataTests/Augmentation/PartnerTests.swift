import PinionData
import PinionTensor
import Testing

/// Samples are mixed with training samples only, with any data sets between the mixing and the
/// split.
@Suite struct PartnerTests {
  /// Images of one pixel, 0 in the first half, of class 0, and 1 in the other.
  static func images(_ count: Int = 40) throws -> ImageDataset {
    try ImageDataset(
      pixels: (0..<count).map { 2 * $0 < count ? 0 : 255 }, imageShape: [1, 1, 1],
      labels: (0..<count).map { 2 * $0 / count }, classNames: ["black", "white"], encoding: .oneHot)
  }

  /// A custom data set with some of another one's samples, in another order.
  struct Chosen: Dataset {
    let base: any Dataset
    let indices: [Int]
    /// The number added to the inputs.
    var added: Float = 0
    var count: Int { indices.count }
    var inputShape: Shape { base.inputShape }
    var targetShape: Shape { base.targetShape }
    var scratchCount: Int { base.scratchCount + 3 }

    func copyInput(at index: Int, into view: MemoryView<Float>) throws {
      try base.copyInput(at: indices[index], into: view)
      for i in view.indices { view[i] += added }
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) throws {
      try base.copyTarget(at: indices[index], into: view)
    }

    func copySample(
      at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
    ) throws {
      for i in 0..<3 { scratch[i] = Float(index) }
      try base.copySample(
        at: indices[index], epoch: epoch, into: sample, scratch: scratch[3..<scratch.count])
      for i in sample.input.indices { sample.input[i] += added }
      // No other thread may have written to it.
      for i in 0..<3 { #expect(scratch[i] == Float(index)) }
    }
  }

  /// A wrapper that does not pass on the epoch in every second call.
  struct Forgetful: Dataset {
    let base: any Dataset
    var count: Int { base.count }
    var inputShape: Shape { base.inputShape }
    var targetShape: Shape { base.targetShape }
    var scratchCount: Int { base.scratchCount }

    func copyInput(at index: Int, into view: MemoryView<Float>) throws {
      try base.copyInput(at: index, into: view)
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) throws {
      try base.copyTarget(at: index, into: view)
    }

    func copySample(
      at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
    ) throws {
      if index.isMultiple(of: 2) {
        try base.copySample(at: index, epoch: epoch, into: sample, scratch: scratch)
      } else {
        try copyInput(at: index, into: sample.input)
        try copyTarget(at: index, into: sample.target)
      }
    }
  }

  /// Inputs and targets of an epoch, sample by sample.
  func epoch(_ number: Int, of dataset: some Dataset, threads: Int = 1) throws -> [[Float]] {
    let loader = try BatchLoader(dataset, batchSize: 7, pool: ThreadPool(threads: threads))
    try loader.startEpoch(epoch: number)
    var samples: [[Float]] = []
    while let batch = try loader.next() {
      for row in 0..<batch.count {
        samples.append([batch.input[row]] + batch.target[2 * row..<2 * row + 2].array)
      }
    }
    return samples
  }

  @Test(arguments: [1, 3]) func usersDataSetsLetNoValidationImageIn(threads: Int) throws {
    let images = try Self.images()
    let mixing = try images.augmented {
      MixUp(alpha: 1)
      CutMix()
    }
    func all(_ base: any Dataset) -> Chosen { Chosen(base: base, indices: Array(0..<40)) }
    let twice = try all(mixing).augmented { MixUp(alpha: 1) }
    let scaling = try Standardization(mean: [0], standardDeviation: [1])
    let blacks: [any Dataset] = try [
      all(mixing).split(validation: 0.5).training,
      all(all(mixing)).prefix(20),
      // A split of the user's own.
      Chosen(base: mixing, indices: Array((0..<20).reversed())),
      Chosen(base: all(mixing).split(validation: 0.5).training, indices: [3, 3, 9, 0, 19, 7, 1]),
      all(mixing.standardized(by: scaling)).subset(0..<20).standardized(by: scaling),
      all(twice).split(validation: 0.5).training,
      Chosen(base: twice, indices: Array(5..<18)).subset([1, 2, 4, 8]),
      // From the inside out: mixed after the split.
      all(mixing.split(validation: 0.5).training.augmented { MixUp() }.prefix(20)).prefix(20),
    ]
    for part in blacks {
      for number in 0..<4 {
        let samples = try epoch(number, of: part, threads: threads)
        #expect(samples.count == part.count)
        #expect(samples.allSatisfy { abs($0[0]) < 1e-6 && abs($0[1] - 1) < 1e-6 && $0[2] == 0 })
      }
    }
    let mixed = try epoch(0, of: all(mixing), threads: threads)
    #expect(mixed.contains { $0[2] > 0.1 && $0[2] < 0.9 })
  }

  /// What a wrapper adds afterwards belongs to a sample and not to its partner as well.
  @Test func samplesAreTheSameThroughAWrapper() throws {
    let mixing = try Self.images().augmented(seed: 3) {
      RandomBrightness(0.3)
      MixUp(alpha: 1)
      RandomContrast(0.3)
    }
    for number in 0..<3 {
      let expected = try epoch(number, of: mixing)
      let wrapped = Chosen(base: mixing, indices: Array(0..<40), added: 2)
      for threads in [1, 2, 3] {
        let samples = try epoch(number, of: wrapped, threads: threads)
        #expect(samples == expected.map { [$0[0] + 2, $0[1], $0[2]] })
      }
      let part = try epoch(number, of: mixing.subset(5..<25))
      #expect(
        try epoch(number, of: wrapped.subset(5..<25)).map { [$0[1], $0[2]] }
          == part.map { [$0[1], $0[2]] })
    }
  }

  @Test func partnersThatCannotBeFoundAreErrors() throws {
    let forgetful = try Forgetful(base: Self.images().augmented { MixUp() })
    let error = #expect(throws: SampleError.self) { try epoch(0, of: forgetful) }
    let cause = error?.underlying as? ArgumentError
    #expect(cause?.place.hasSuffix("of Forgetful, to be mixed by MixUp") == true)
    // The next epoch begins without the error of the last.
    let loader = try BatchLoader(forgetful, batchSize: 4)
    try loader.startEpoch(epoch: 0)
    try loader.startEpoch()
    while try loader.next() != nil {}
  }

  /// Outside a loader, as in a custom training loop.
  @Test func subsetsByThemselves() throws {
    let part = try Self.images().augmented { MixUp(alpha: 1) }.split(validation: 0.5).training
    let buffer = AlignedBuffer(count: 3 + part.scratchCount)
    try withExtendedLifetime(buffer) {
      let sample = SampleView(input: buffer.view[0..<1], target: buffer.view[1..<3])
      for index in 0..<20 {
        for epoch in 0..<5 {
          try part.copySample(
            at: index, epoch: epoch, into: sample,
            scratch: buffer.view[3..<3 + part.scratchCount])
          #expect(buffer.view[0] == 0 && buffer.view[2] == 0)
        }
      }
    }
  }
}
