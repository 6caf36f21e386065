import Pinion
import Testing

/// Predictions averaged over views of the images.
@Suite struct TestTimeAugmentationTests {
  private func model() throws -> Model {
    try Model(
      Sequential(input: [5, 6, 2]) {
        Conv2D(4, kernel: 3, activation: .relu)
        Flatten()
        Dense(3, activation: .softmax)
      }, seed: 3)
  }

  private let images = Tensor.uniform(
    shape: [7, 5, 6, 2], from: RandomStream(seed: 1, purpose: "views"))

  /// The images whose pixel (y, x) is that at (row(y), column(x)), or zero where there is none.
  private func moved(_ row: (Int) -> Int, _ column: (Int) -> Int) -> Tensor {
    var result = Tensor.zeros(images.shape)
    for n in 0..<7 {
      for y in 0..<5 where (0..<5).contains(row(y)) {
        for x in 0..<6 where (0..<6).contains(column(x)) {
          for c in 0..<2 { result[n, y, x, c] = images[n, row(y), column(x), c] }
        }
      }
    }
    return result
  }

  private var cases: [(TestTimeView, Tensor)] {
    [
      (.original, images), (.flipped, moved({ $0 }, { 5 - $0 })),
      (TestTimeView(flip: .vertical), moved({ 4 - $0 }, { $0 })),
      (.shifted(down: 1, right: -2), moved({ $0 - 1 }, { $0 + 2 })),
      (
        TestTimeView(flip: .horizontalAndVertical, down: -3, right: 1),
        moved({ 4 - ($0 + 3) }, { 5 - ($0 - 1) })
      ),
    ]
  }

  @Test func aViewIsTheMovedImage() throws {
    let model = try model()
    for (view, moved) in cases {
      #expect(try model.predict(images, views: [view]) == model.predict(moved), "\(view)")
    }
    let constant = TestTimeView.shifted(right: 1, fill: .nearest)
    let expected = try model.predict(moved({ $0 }, { max(0, $0 - 1) }))
    #expect(try model.predict(images, views: [constant]) == expected)
  }

  @Test func predictionsAreTheMeanOverTheViews() throws {
    let model = try model()
    let views = cases.map(\.0)
    var sum = try model.predict(images)
    for (_, moved) in cases.dropFirst() { sum += try model.predict(moved) }
    let expected = sum / 5
    #expect(try model.predict(images, views: views) == expected)
    #expect(expected != (try model.predict(images)))
    for row in 0..<7 {
      let total = (0..<3).reduce(0) { $0 + expected[row, $1] }
      #expect(abs(total - 1) < 1e-5)
    }
    let dataset = try ArrayDataset(inputs: images, labels: [0, 1, 2, 0, 1, 2, 0], classes: 3)
    for threads in [1, 2, 3] {
      #expect(try model.predict(dataset, views: views, threads: threads) == expected)
      #expect(
        try model.predict(dataset, views: views, batchSize: 3, threads: threads)
          == model.predict(images, views: views, batchSize: 3))
    }
    let predictor = try Predictor(model)
    #expect(try predictor.predict(images, views: views) == expected)
    #expect(try predictor.predict(images, views: [.original]) == predictor.predict(images))
  }

  @Test func whatCannotBeSeenIsAnError() throws {
    let model = try model()
    let predictor = try Predictor(model)
    let dataset = try ArrayDataset(inputs: images, labels: [0, 1, 2, 0, 1, 2, 0], classes: 3)
    let wrong: [[TestTimeView]] = [
      [], [.shifted(down: 5)], [.original, .shifted(right: -6)], [.shifted(down: .min)],
      [.shifted(right: 1, fill: .constant(value: .nan))],
    ]
    for views in wrong {
      #expect(throws: ArgumentError.self) { try model.predict(images, views: views) }
      #expect(throws: ArgumentError.self) { try model.predict(dataset, views: views) }
      #expect(throws: ArgumentError.self) { try predictor.predict(images, views: views) }
    }
    let rows = Tensor.zeros([2, 5])
    #expect(throws: ArgumentError.self) { try model.predict(rows, views: [.flipped]) }
    #expect(throws: TrainingError.self) {
      try model.predict(Tensor.zeros([2, 5, 5, 2]), views: [.flipped])
    }
  }
}
