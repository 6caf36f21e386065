extension [Double] {
  /// The value at a share of the way through the sorted values: 0.5 is the median, between two values their mean by
  /// distance.
  func quantile(_ share: Double) -> Double {
    let values = sorted()
    let place = share * Double(values.count - 1)
    let low = Int(place)
    let high = Swift.min(low + 1, values.count - 1)
    return values[low] + (place - Double(low)) * (values[high] - values[low])
  }
}
