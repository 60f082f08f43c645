// A photo made small enough to send: a phone's has 12 million pixels and more, of which reading needs few.

import { make } from "./dom.js";

const LONGEST = 2000; // pixels on the longer side

/** Returns a photo, reduced if it is large; throws an error in a sentence for the reader. */
export async function reduced(photo) {
  const picture = await opened(photo);
  const { width, height } = picture;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  if (scale === 1 && /^image\/(png|jpeg)$/.test(photo.type)) return photo;
  const canvas = make("canvas", { width: Math.round(scale * width), height: Math.round(scale * height) });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const type = /png|gif|webp/.test(photo.type) ? "image/png" : "image/jpeg"; // JPEG has no transparency
  return new Promise((resolve) => { canvas.toBlob(resolve, type, 0.92); });
}

async function opened(photo) {
  try {
    return await createImageBitmap(photo);
  } catch {
    throw new Error(/hei[cf]/i.test(`${photo.type} ${photo.name}`)
      ? "This browser cannot open HEIC. Send the photo as JPEG; on an iPhone: Settings, Camera, Formats, Most Compatible."
      : "I cannot open this file. Try JPEG or PNG.");
  }
}
