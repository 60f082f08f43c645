// No photos: to find digits in one takes more than a page holds. In the place of the app's photo.js.

export class PhotoView {
  /** There is nothing to write. */
  render() {}
}
