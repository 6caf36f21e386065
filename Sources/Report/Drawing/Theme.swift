/// Where a drawing is shown.
enum Theme: Sendable {
  /// In a file of its own, dark on white whatever the reader's settings, as papers and other programs want it.
  case file
  /// Within a page, whose style chooses the colours.
  case page
}
