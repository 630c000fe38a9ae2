const texts = {
  feed: "Live feed",
};

export default texts;
