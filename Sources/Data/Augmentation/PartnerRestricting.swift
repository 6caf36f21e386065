/// A data set whose samples other samples are mixed into.
///
/// A part of such a data set must mix among itself: else the training part of a split would show images of
/// the validation part.
protocol PartnerRestricting: Dataset {
  /// The data set with only the samples selected, by its own indices, mixed into others.
  func restrictingPartners(to selection: SampleSelection) -> any Dataset
}
