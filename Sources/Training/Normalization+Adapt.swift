public import PinionData
public import PinionLayers

extension Normalization {
  /// A normalization by the means and the population variances of a data set's inputs, the first of
  /// several, over all samples and all axes but the last, in double precision. As Keras 3's
  /// `adapt`, but that constant features are divided by 1 instead of 10⁻⁷.
  ///
  /// Throws `ArgumentError` if there are no samples or a number is not finite, `SampleError` if a
  /// sample cannot be read.
  public init(adaptedTo dataset: some Dataset, name: String? = nil) throws {
    let statistics = try Standardization(fitting: dataset)
    self.init(
      mean: statistics.mean,
      variance: statistics.standardDeviation.map { $0 * $0 }, name: name)
  }
}
