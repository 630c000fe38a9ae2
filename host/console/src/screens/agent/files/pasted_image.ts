// A pasted picture as a new one: drawn again, it keeps what is seen and loses what a camera or a
// program noted in it, such as the place.

/** Types that a canvas writes as they were; others become PNG. */
const KEPT = new Set(["image/jpeg", "image/webp"]);
const ENDINGS: Record<string, string> = { "image/jpeg": "jpg", "image/webp": "webp", "image/png": "png" };

/** The picture drawn again; undefined if the browser cannot read it. */
export async function redraw(picture: Blob, name: string): Promise<File | undefined> {
  try {
    const bitmap = await createImageBitmap(picture);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    const type = KEPT.has(picture.type) ? picture.type : "image/png";
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, 0.92));
    const ending = blob ? ENDINGS[blob.type] : undefined;
    return blob && ending ? new File([blob], `${name}.${ending}`, { type: blob.type }) : undefined;
  } catch {
    return undefined;
  }
}
