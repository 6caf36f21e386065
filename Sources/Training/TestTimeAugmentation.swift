public import PinionData
internal import PinionLayers
public import PinionTensor

extension Model {
  /// The mean of the network's outputs over several views of each image of a data set.
  ///
  /// ```swift
  /// let probabilities = try model.predict(test, views: [.original, .flipped])
  /// ```
  /// Of a network with a softmax this is the mean of probabilities, of one without that of logits.
  ///
  /// - Parameters:
  ///   - views: At least one; an equal one counts again.
  ///
  /// As ``predict(_:batchSize:threads:)-(Dataset,_,_)``; throws `ArgumentError` if there is no view
  /// or inputs are not images.
  public func predict(
    _ dataset: some Dataset, views: [TestTimeView], batchSize: Int = Batch.defaultSize,
    threads: Int = 1
  ) throws -> Tensor {
    try TestTimeView.mean(views) { view in
      try predict(ViewedDataset(dataset, view), batchSize: batchSize, threads: threads)
    }
  }

  /// The mean of the network's outputs over several views of images (N, H, W, C), each of which is
  /// copied for a view at a time.
  ///
  /// As ``predict(_:views:batchSize:threads:)-(Dataset,_,_,_)``.
  public func predict(
    _ inputs: Tensor, views: [TestTimeView], batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> Tensor {
    try TestTimeView.mean(views) { view in
      try predict(inputs.seen(in: view), batchSize: batchSize, threads: threads)
    }
  }
}

extension Predictor {
  /// The mean of the network's outputs over several views of images (N, H, W, C), each of which is
  /// copied for a view at a time.
  ///
  /// As ``predict(_:batchSize:)->Tensor``; throws `ArgumentError` if there is no view or inputs are
  /// not images.
  public func predict(
    _ inputs: Tensor, views: [TestTimeView], batchSize: Int = Batch.defaultSize
  ) throws -> Tensor {
    try TestTimeView.mean(views) { view in
      try predict(inputs.seen(in: view), batchSize: batchSize)
    }
  }
}

extension TestTimeView {
  /// The mean of `predict` over the views, added in their order.
  fileprivate static func mean(
    _ views: [TestTimeView], _ predict: (TestTimeView) throws -> Tensor
  ) throws -> Tensor {
    guard let first = views.first else {
      throw ArgumentError(place: "the test-time views", expected: "at least one", found: "none")
    }
    var sum = try predict(first)
    for view in views.dropFirst() { sum += try predict(view) }
    return views.count == 1 ? sum : sum / Float(views.count)
  }
}

extension Tensor {
  /// Images (N, H, W, C) in a view.
  fileprivate func seen(in view: TestTimeView) throws -> Tensor {
    try view.validate(imageShape: Shape(Array(shape.dropFirst())))
    guard view != .original, shape[0] > 0 else { return self }
    var images = self
    let size = shape.elementCount / shape[0]
    let scratch = AlignedBuffer(count: size)
    images.mutate { values in
      for start in stride(from: 0, to: values.count, by: size) {
        view.apply(
          to: ImageView(
            values[start..<start + size], height: shape[1], width: shape[2], channels: shape[3]),
          scratch: scratch.view)
      }
    }
    return withExtendedLifetime(scratch) { images }
  }
}
