// Taking a picture with the computer's own camera. Phones have a better camera app, see photo.js.

import { byId } from "./dom.js";

/** Opens the camera in the dialog; returns a photo, or null when the reader thinks better of it. */
export async function takePicture() {
  const [dialog, video] = [byId("camera"), byId("viewfinder")];
  const wish = { video: { facingMode: "environment", width: { ideal: 1920 } } };
  const stream = await navigator.mediaDevices.getUserMedia(wish);
  try {
    video.srcObject = stream;
    dialog.showModal();
    await video.play();
    return (await shotOrNot(dialog)) ? await photoOf(video) : null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
    dialog.close();
  }
}

function shotOrNot(dialog) {
  return new Promise((resolve) => {
    byId("shoot").onclick = () => resolve(true);
    byId("cancel").onclick = () => resolve(false);
    dialog.onclose = () => resolve(false); // Esc
  });
}

function photoOf(video) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.95); });
}
