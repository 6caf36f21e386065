/// What was measured at a point.
struct ScaleResult: Codable {
  var axis: ScaleAxis
  /// The number that grows.
  var value: Int
  var point: ScalePoint
  /// Of an image in training.
  var trainMicroseconds: Double
  /// Of an image in prediction.
  var predictMicroseconds: Double
  /// Of the process that measured, its images included.
  var peakMemoryBytes: Int
}
